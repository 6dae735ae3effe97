with

touchpoints as (

    select
        *,
        case
            when entity = 'interactions' and retention_mode is not null
                then campaign_id
        end as paying_campaign_id
    from {{ ref('int_touchpoints_gathered') }}

),

campaign_costs as (

    select * from {{ ref('int_campaign_costs_shared') }}
    where as_of_date = {{ as_of_date() }}

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
        campaign_costs.cost,
        touchpoints.amount,
        coalesce(lifecycle_states.state, 'prospect') as lifecycle_state
    from touchpoints
    left join lifecycle_states
        on
            touchpoints.customer_id = lifecycle_states.customer_id
            and touchpoints.occurred_date >= lifecycle_states.valid_from
            and touchpoints.occurred_date < lifecycle_states.valid_to
    left join campaign_costs
        on touchpoints.paying_campaign_id = campaign_costs.campaign_id

)

select * from placed_in_life
