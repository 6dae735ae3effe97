with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

refunds as (

    select * from {{ ref('int_refunds_kept') }}

),

changes_unioned as (

    select
        customer_id,
        {{ add_days('order_date', 1) }} as stock_date,
        total_amount as amount,
        total_amount as order_amount
    from orders
    union all
    select
        customer_id,
        {{ add_days('refund_date', 1) }} as stock_date,
        -amount as amount,
        null as order_amount
    from refunds

),

changes_rolled as (

    select
        customer_id,
        stock_date,
        count(order_amount) as amounts_count,
        sum(amount) as amount
    from changes_unioned
    group by customer_id, stock_date

),

values_summed as (

    select
        customer_id,
        stock_date,
        cast(sum(amount) over so_far as decimal(18, 4)) as customer_value,
        sum(amounts_count) over so_far as amounts_count
    from changes_rolled
    window
        so_far as (
            partition by customer_id
            order by stock_date
            rows between unbounded preceding and current row
        )

),

values_followed as (

    select
        customer_id,
        stock_date,
        customer_value,
        lag(customer_value) over life as value_before
    from values_summed
    where amounts_count > 0
    window life as (partition by customer_id order by stock_date)

),

moved as (

    select
        customer_id,
        stock_date,
        case when value_before is null then 1 else 0 end as customers_count,
        customer_value - coalesce(value_before, 0) as customer_value,
        {{ squared('customer_value') }}
        - coalesce({{ squared('value_before') }}, 0) as squared_value
    from values_followed

)

select * from moved
