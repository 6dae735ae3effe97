{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}

),

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

order_days as (

    select distinct
        customer_id,
        order_date
    from orders
    where is_completed

),

-- A presence begins the day after the order that began it.
told_apart as (

    select
        order_days.customer_id,
        order_days.order_date,
        coalesce(presences.is_first, false) as is_new,
        coalesce(not presences.is_first, false) as is_reactivated
    from order_days
    left join presences
        on
            order_days.customer_id = presences.customer_id
            and {{ add_days('order_days.order_date', 1) }}
            = presences.present_from

)

select * from told_apart
