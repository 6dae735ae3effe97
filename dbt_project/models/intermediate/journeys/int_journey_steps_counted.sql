with

steps as (

    select * from {{ ref('int_journey_steps_ordered') }}

),

kinds as (

    select
        kind,
        bool_and(is_friction) as is_friction
    from steps
    group by kind

),

steps_named as (

    select
        steps.*,
        'any' as from_kind
    from steps
    union all
    select
        steps.*,
        coalesce(steps.previous_kind, 'start') as from_kind
    from steps

),

counted as (

    select
        from_kind,
        kind as to_kind,
        count(*) as steps_count,
        count(distinct journey_id) as journeys_count,
        count(distinct customer_id) as customers_count,
        median(coalesce(days_since_previous, days_since_start))
            as median_days,
        count(distinct case when ended_date is not null then journey_id end)
            as ordered_count
    from steps_named
    group by from_kind, kind

),

told_apart as (

    select
        counted.*,
        kinds.is_friction
    from counted
    inner join kinds on counted.to_kind = kinds.kind

)

select * from told_apart
