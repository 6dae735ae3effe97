{{ config(materialized='table') }}

with

touchpoints as (

    select * from {{ ref('int_journey_touchpoints_numbered') }}

),

steps as (

    select * from {{ ref('int_journey_steps_ordered') }}

),

journeys as (

    select * from {{ ref('int_journeys_bounded') }}

),

still_open as (

    select * from {{ ref('int_journey_lapses_matured') }}

),

happened as (

    select
        journeys.journey_id,
        'any' as from_kind,
        touchpoints.step_kind as to_kind,
        {{ days_between(
            'cast(journeys.started_at as date)',
            'cast(touchpoints.occurred_at as date)'
        ) }} as days_since_start
    from touchpoints
    inner join journeys
        on
            touchpoints.customer_id = journeys.customer_id
            and touchpoints.journey_number = journeys.journey_number
    union all
    select
        journey_id,
        coalesce(previous_kind, 'start') as from_kind,
        kind as to_kind,
        days_since_start
    from steps

),

once_a_band as (

    select distinct
        journey_id,
        from_kind,
        to_kind,
        {{ journey_band('days_since_start') }} as band_to_day
    from happened

),

counted as (

    select
        once_a_band.from_kind,
        once_a_band.to_kind,
        still_open.band_to_day,
        still_open.gap_class,
        still_open.customer_group,
        count(*) as with_count,
        count(*) filter (where still_open.has_lapsed) as with_lapsed_count
    from once_a_band
    inner join still_open
        on
            once_a_band.journey_id = still_open.journey_id
            and once_a_band.band_to_day = still_open.band_to_day
    group by
        once_a_band.from_kind,
        once_a_band.to_kind,
        still_open.band_to_day,
        still_open.gap_class,
        still_open.customer_group

)

select * from counted
