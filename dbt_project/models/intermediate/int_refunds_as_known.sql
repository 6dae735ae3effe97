with

days as (

    select * from {{ ref('as_of_dates') }}

),

refunds as (

    select * from {{ ref('stg_refunds') }}

),

orders as (

    select * from {{ ref('int_orders_as_known') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

refunds_known as (

    select
        refunds.*,
        days.as_of_date
    from days
    inner join refunds
        on
            days.as_of_date > refunds.refund_date
            and {{ known_on_day('refunds') }}

),

currencies as (

    select
        as_of_date,
        count(distinct currency) as currencies_count
    from orders
    group by as_of_date

),

converted as (

    select
        refunds_known.as_of_date,
        refunds_known.refund_id,
        refunds_known.source_system,
        refunds_known.customer_id as source_customer_id,
        {{ person('refunds_known') }} as customer_id,
        refunds_known.order_id,
        refunds_known.reason,
        case
            when
                orders.order_id is not null
                or coalesce(currencies.currencies_count <= 1, true)
                then {{ converted('refunds_known.amount', 'orders.fx_rate') }}
        end as amount,
        refunds_known.refund_date,
        refunds_known.known_from,
        refunds_known.refunded_at
    from refunds_known
    left join currencies
        on refunds_known.as_of_date = currencies.as_of_date
    left join orders
        on
            refunds_known.order_id = orders.order_id
            and refunds_known.as_of_date = orders.as_of_date
    left join links on {{ is_linked('refunds_known') }}

)

select * from converted
