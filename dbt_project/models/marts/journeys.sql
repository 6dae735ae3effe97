with

journeys as (

    select * from {{ ref('int_journeys_bounded') }}

),

touchpoints as (

    select * from {{ ref('int_journey_touchpoints_numbered') }}

),

paths as (

    select * from {{ ref('int_journey_paths_written') }}

),

touchpoints_rolled as (

    select
        customer_id,
        journey_number,
        count(*) as steps_count,
        count(*) filter (where is_friction) as frictions_count,
        count(*) filter (where retention_mode = 'active')
            as active_touches_count,
        min_by(touchpoint_id, position_in_life) as first_touchpoint_id,
        max_by(touchpoint_id, position_in_life) as last_touchpoint_id,
        max_by(kind, position_in_life) as last_kind
    from touchpoints
    group by customer_id, journey_number

),

channels_found as (

    select distinct
        customer_id,
        journey_number,
        channel
    from touchpoints

),

channels_rolled as (

    select
        customer_id,
        journey_number,
        count(*) as channels_count,
        {{ joined_texts('channel', ', ', 'channel') }} as channels
    from channels_found
    group by customer_id, journey_number

),

joined as (

    select
        journeys.journey_id,
        journeys.customer_id,
        journeys.as_of_date,
        cast(journeys.journey_number as bigint) as journey_number,
        journeys.started_at,
        journeys.ended_at,
        journeys.started_by_order_id,
        journeys.ended_by_order_id,
        journeys.days,
        channels_rolled.channels,
        paths.path,
        touchpoints_rolled.first_touchpoint_id,
        touchpoints_rolled.last_touchpoint_id,
        touchpoints_rolled.last_kind,
        journeys.amount,
        journeys.has_lapsed,
        coalesce(touchpoints_rolled.steps_count, 0) as steps_count,
        coalesce(channels_rolled.channels_count, 0) as channels_count,
        coalesce(touchpoints_rolled.frictions_count, 0) as frictions_count,
        coalesce(touchpoints_rolled.active_touches_count, 0)
            as active_touches_count,
        case
            when journeys.ended_at is not null then 'ordered'
            when journeys.has_lapsed then 'lapsed'
            else 'open'
        end as outcome
    from journeys
    left join touchpoints_rolled
        on
            journeys.customer_id = touchpoints_rolled.customer_id
            and journeys.journey_number = touchpoints_rolled.journey_number
    left join channels_rolled
        on
            journeys.customer_id = channels_rolled.customer_id
            and journeys.journey_number = channels_rolled.journey_number
    left join paths on journeys.journey_id = paths.journey_id

)

select * from joined
