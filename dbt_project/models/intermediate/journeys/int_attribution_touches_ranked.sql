with

orders as (

    select * from {{ ref('orders') }}
    where is_completed and total_amount is not null

),

journeys as (

    select * from {{ ref('int_journeys_bounded') }}

),

touchpoints as (

    select * from {{ ref('int_journey_touchpoints_numbered') }}
    where
        entity in ('interactions', 'sessions', 'leads')
        and kind not in ('lead_won', 'lead_lost')
        and not is_friction

),

touches as (

    select
        orders.order_id,
        touchpoints.touchpoint_id,
        touchpoints.channel,
        touchpoints.kind,
        touchpoints.campaign_id,
        touchpoints.retention_mode,
        touchpoints.occurred_at,
        row_number() over (
            partition by orders.order_id
            order by touchpoints.position_in_life
        ) as position_number,
        count(*) over (partition by orders.order_id) as touches_count
    from orders
    inner join journeys on orders.order_id = journeys.ended_by_order_id
    inner join touchpoints
        on
            journeys.customer_id = touchpoints.customer_id
            and journeys.journey_number = touchpoints.journey_number
    where
        {{ days_between('touchpoints.occurred_date', 'orders.order_date') }}
        <= {{ var('attribution_days') }}

)

select * from touches
