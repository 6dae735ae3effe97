with

eras as (

    select * from {{ ref('int_customer_eras_split') }}

),

orders as (

    select * from {{ ref('orders') }}

),

order_days as (

    select
        eras.customer_id,
        eras.era_from,
        eras.era_to,
        orders.order_date,
        orders.order_id
    from eras
    inner join orders
        on
            eras.customer_id = orders.customer_id
            and {{ add_days('orders.order_date', 1) }} < eras.era_to
            and coalesce(eras.era_from <= orders.cancelled_date, true)
    qualify row_number() over (
        partition by eras.customer_id, eras.era_from, orders.order_date
        order by orders.ordered_at desc, orders.order_id desc
    ) = 1

),

gaps_taken as (

    select
        *,
        {{ days_between(
            'lag(order_date) over (
                partition by customer_id, era_from order by order_date
            )',
            'order_date'
        ) }} as gap_days
    from order_days

),

measured as (

    select
        customer_id,
        era_from,
        era_to,
        order_date,
        order_id,
        min(order_date) over so_far as first_order_date,
        count(*) over so_far as order_days_count,
        median(gap_days) over so_far as median_gap_days,
        max(
            case
                when gap_days > {{ var('eligible_days') }} then order_date
            end
        ) over so_far as reactivated_date,
        lead(order_date) over (
            partition by customer_id, era_from
            order by order_date
        ) as next_order_date
    from gaps_taken
    window
        so_far as (
            partition by customer_id, era_from
            order by order_date
            rows between unbounded preceding and current row
        )

)

select * from measured
