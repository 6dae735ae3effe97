with

days as (

    select * from {{ ref('as_of_dates') }}

),

histories as (

    select * from {{ ref('int_record_histories_summed') }}

),

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where is_completed

),

refunds as (

    select * from {{ ref('int_refunds_deducted') }}

),

happenings as (

    select
        as_of_date,
        source_customer_id,
        order_date as happened_date,
        order_date,
        total_amount,
        null as refunded_amount
    from orders
    union all
    select
        as_of_date,
        source_customer_id,
        refund_date as happened_date,
        null as order_date,
        null as total_amount,
        amount as refunded_amount
    from refunds

),

followed as (

    select
        histories.as_of_date,
        days.as_of_date as seen_date,
        histories.source_customer_id,
        cast(count(distinct happenings.order_date) as double) as later_orders,
        case
            when
                count(happenings.order_date) = 0
                or count(happenings.total_amount) > 0
                then cast(
                    coalesce(sum(happenings.total_amount), 0)
                    - coalesce(sum(happenings.refunded_amount), 0) as double
                )
        end as later_value
    from histories
    inner join days on histories.as_of_date < days.as_of_date
    left join happenings
        on
            days.as_of_date = happenings.as_of_date
            and histories.as_of_date <= happenings.happened_date
            and histories.source_customer_id = happenings.source_customer_id
    group by
        histories.as_of_date, days.as_of_date, histories.source_customer_id

)

select * from followed
