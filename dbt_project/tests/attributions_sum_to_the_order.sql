-- Every completed order with an amount, by each rule, to the last digit.
with

orders as (

    select * from {{ ref('orders') }}
    where is_completed and total_amount is not null

),

attributions as (

    select * from {{ ref('attributions') }}

),

attributions_rolled as (

    select
        order_id,
        sum(first_touch_amount) as first_touch_amount,
        sum(last_touch_amount) as last_touch_amount,
        sum(linear_amount) as linear_amount,
        sum(position_amount) as position_amount
    from attributions
    group by order_id

),

compared as (

    select
        orders.total_amount,
        attributions_rolled.first_touch_amount,
        attributions_rolled.last_touch_amount,
        attributions_rolled.linear_amount,
        attributions_rolled.position_amount,
        coalesce(orders.order_id, attributions_rolled.order_id) as order_id
    from orders
    full outer join attributions_rolled
        on orders.order_id = attributions_rolled.order_id

)

select * from compared
where
    coalesce(total_amount != first_touch_amount, true)
    or coalesce(total_amount != last_touch_amount, true)
    or coalesce(total_amount != linear_amount, true)
    or coalesce(total_amount != position_amount, true)
