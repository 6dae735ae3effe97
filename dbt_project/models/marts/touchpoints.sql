with

touchpoints as (

    select * from {{ ref('int_touchpoints_unioned') }}

),

lifecycle_states as (

    select
        customer_id,
        state,
        valid_from,
        coalesce(valid_to, cast('9999-12-31' as date)) as valid_to
    from {{ ref('lifecycle_states') }}

),

placed_in_life as (

    select
        touchpoints.touchpoint_id,
        touchpoints.customer_id,
        touchpoints.as_of_date,
        touchpoints.occurred_at,
        touchpoints.occurred_date,
        touchpoints.known_from,
        touchpoints.entity,
        touchpoints.source_system,
        touchpoints.source_id,
        touchpoints.channel,
        touchpoints.kind,
        touchpoints.direction,
        touchpoints.campaign_id,
        touchpoints.retention_mode,
        touchpoints.sentiment,
        touchpoints.is_friction,
        touchpoints.cost,
        touchpoints.amount,
        coalesce(lifecycle_states.state, 'prospect') as lifecycle_state
    from touchpoints
    left join lifecycle_states
        on
            touchpoints.customer_id = lifecycle_states.customer_id
            and touchpoints.occurred_date >= lifecycle_states.valid_from
            and touchpoints.occurred_date < lifecycle_states.valid_to

)

select * from placed_in_life
