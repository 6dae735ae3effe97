{{ config(materialized='table') }}

with

touchpoints as (

    select * from {{ ref('int_journey_touchpoints_numbered') }}

),

journeys as (

    select * from {{ ref('int_journeys_bounded') }}

),

changes_seen as (

    select
        *,
        case
            when
                step_kind = lag(step_kind) over (
                    partition by customer_id, journey_number
                    order by position_in_life
                )
                then 0
            else 1
        end as is_change
    from touchpoints

),

repeats_found as (

    select
        *,
        sum(is_change) over (
            partition by customer_id, journey_number
            order by position_in_life
            rows between unbounded preceding and current row
        ) as step_number
    from changes_seen

),

folded as (

    select
        customer_id,
        journey_number,
        cast(step_number as bigint) as step_number,
        step_kind as kind,
        count(*) as repeats_count,
        min(occurred_at) as occurred_at,
        bool_or(is_friction) as is_friction
    from repeats_found
    group by customer_id, journey_number, step_number, step_kind

),

steps as (

    select
        journeys.journey_id,
        folded.customer_id,
        folded.journey_number,
        folded.step_number,
        folded.kind,
        folded.repeats_count,
        folded.occurred_at,
        {{ days_between(
            'cast(journeys.started_at as date)',
            'cast(folded.occurred_at as date)'
        ) }} as days_since_start,
        folded.is_friction,
        lag(folded.kind) over journey as previous_kind,
        {{ days_between(
            'lag(cast(folded.occurred_at as date)) over journey',
            'cast(folded.occurred_at as date)'
        ) }} as days_since_previous,
        cast(journeys.started_at as date) as started_date,
        cast(journeys.ended_at as date) as ended_date
    from folded
    inner join journeys
        on
            folded.customer_id = journeys.customer_id
            and folded.journey_number = journeys.journey_number
    window
        journey as (
            partition by folded.customer_id, folded.journey_number
            order by folded.step_number
        )

)

select * from steps
