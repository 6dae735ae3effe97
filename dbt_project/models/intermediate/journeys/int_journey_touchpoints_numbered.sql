{{ config(materialized='table') }}

with

touchpoints as (

    select
        *,
        case when kind = 'order' then source_id end as order_id,
        case
            when kind = channel || '_delivered'
                then customer_id || ':' || channel
        end as recipient,
        coalesce(campaign_id, '') as message
    from {{ ref('int_touchpoints_gathered') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

sent_messages as (

    select distinct
        message,
        customer_id || ':' || channel as recipient
    from touchpoints
    where kind = channel || '_sent'

),

orders_told_apart as (

    select
        touchpoints.*,
        orders.order_id is not null as is_completed_order,
        sent_messages.recipient is not null as is_delivery_of_sent
    from touchpoints
    left join orders on touchpoints.order_id = orders.order_id
    left join sent_messages
        on
            touchpoints.recipient = sent_messages.recipient
            and touchpoints.message = sent_messages.message

),

numbered as (

    select
        *,
        sum(case when is_completed_order then 1 else 0 end) over so_far
            as journey_number,
        row_number() over so_far as position_in_life
    from orders_told_apart
    window
        so_far as (
            partition by customer_id
            order by {{ touchpoint_order('is_completed_order') }}
            rows between unbounded preceding and current row
        )

),

between_orders as (

    select
        touchpoint_id,
        customer_id,
        cast(journey_number as bigint) as journey_number,
        position_in_life,
        occurred_at,
        occurred_date,
        entity,
        channel,
        kind,
        {{ step_kind('kind', 'sentiment') }},
        campaign_id,
        retention_mode,
        is_friction
    from numbered
    where not is_completed_order and not is_delivery_of_sent

)

select * from between_orders
