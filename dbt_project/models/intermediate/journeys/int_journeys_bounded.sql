{{ config(materialized='table') }}

with

touchpoints as (

    select * from {{ ref('int_touchpoints_gathered') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

beginnings as (

    select
        customer_id,
        0 as journey_number,
        min(occurred_at) as started_at,
        cast(null as varchar) as started_by_order_id,
        cast(null as decimal(18, 4)) as total_amount
    from touchpoints
    group by customer_id
    union all
    select
        customer_id,
        order_number as journey_number,
        ordered_at as started_at,
        order_id as started_by_order_id,
        total_amount
    from orders

),

ended as (

    select
        customer_id,
        journey_number,
        started_at,
        started_by_order_id,
        customer_id || ':' || cast(journey_number as varchar) as journey_id,
        lead(started_at) over life as ended_at,
        lead(started_by_order_id) over life as ended_by_order_id,
        lead(total_amount) over life as amount
    from beginnings
    window life as (partition by customer_id order by journey_number)

),

measured as (

    select
        *,
        {{ as_of_date() }} as as_of_date,
        {{ journey_days('started_at', 'ended_at') }}
    from ended

),

judged as (

    select
        *,
        days > {{ var('eligible_days') }} as has_lapsed
    from measured

)

select * from judged
