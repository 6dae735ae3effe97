with

unioned as (

    select * from {{ ref('int_touchpoints_of_orders') }}
    union all
    select * from {{ ref('int_touchpoints_of_subscriptions') }}
    union all
    select * from {{ ref('int_touchpoints_of_messages') }}
    union all
    select * from {{ ref('int_touchpoints_of_service') }}
    union all
    select * from {{ ref('int_touchpoints_of_visits') }}
    union all
    select * from {{ ref('int_touchpoints_of_accounts') }}

),

happened as (

    select
        touchpoint_id,
        customer_id,
        as_of_date,
        occurred_at,
        cast(occurred_at as date) as occurred_date,
        greatest(
            known_from,
            {{ add_days('cast(occurred_at as date)', 1) }}
        ) as known_from,
        entity,
        source_system,
        source_id,
        channel,
        kind,
        direction,
        campaign_id,
        retention_mode,
        sentiment,
        is_friction,
        is_completed_order,
        amount
    from unioned
    where
        customer_id is not null
        and occurred_at < cast(as_of_date as timestamp)

)

select * from happened
