with

touchpoints as (

    select
        *,
        coalesce(campaign_id, '') as message,
        case when kind = channel || '_delivered' then channel end
            as delivered_channel
    from {{ ref('int_touchpoints_unioned') }}
    where {{ is_read_within('occurred_at', longest_feature_window()) }}

),

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where
        {{ is_read_within('order_date', longest_feature_window()) }}
        and is_completed

),

interactions as (

    select * from {{ ref('int_interactions_as_known') }}
    where
        {{ is_read_within('occurred_date', longest_feature_window()) }}
        and kind = 'sent'

),

journeys_begun as (

    select
        as_of_date,
        customer_id,
        max(ordered_at) as last_ordered_at
    from orders
    group by as_of_date, customer_id

),

messages_sent as (

    select distinct
        as_of_date,
        customer_id,
        channel,
        coalesce(campaign_id, '') as message
    from interactions

),

placed as (

    select
        touchpoints.as_of_date,
        touchpoints.customer_id,
        touchpoints.occurred_date,
        touchpoints.channel,
        touchpoints.retention_mode,
        touchpoints.sentiment,
        touchpoints.is_friction,
        coalesce(
            touchpoints.occurred_at >= journeys_begun.last_ordered_at, true
        )
        and not touchpoints.is_completed_order
        and messages_sent.message is null as is_in_journey
    from touchpoints
    left join journeys_begun
        on
            touchpoints.as_of_date = journeys_begun.as_of_date
            and touchpoints.customer_id = journeys_begun.customer_id
    left join messages_sent
        on
            touchpoints.as_of_date = messages_sent.as_of_date
            and touchpoints.customer_id = messages_sent.customer_id
            and touchpoints.delivered_channel = messages_sent.channel
            and touchpoints.message = messages_sent.message

)

select * from placed
