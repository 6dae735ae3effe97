{{ config(materialized='table') }}

with

customers as (

    select * from {{ ref('int_customers_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

points as (

    select * from {{ ref('int_kpi_points_filled') }}

),

neighbours_seen as (

    select
        *,
        lag(point_date) over life as point_date_before,
        lag(lifecycle_state) over life as state_before,
        lag(segment) over life as segment_before,
        lag(is_present) over life as is_present_before
    from points
    window life as (partition by customer_id order by point_date)

),

changes as (

    select
        customer_id,
        point_date,
        lifecycle_state,
        segment,
        is_present
    from neighbours_seen
    where
        point_date_before is null
        or lifecycle_state != state_before
        or segment != segment_before
        or is_present != is_present_before

),

cohorts as (

    select
        customer_id,
        substr(
            cast({{ add_days('min(present_from)', -1) }} as varchar), 1, 7
        ) as cohort
    from presences
    where is_first
    group by customer_id

),

ranged as (

    select
        changes.customer_id,
        changes.point_date as valid_from,
        changes.lifecycle_state,
        changes.segment,
        changes.is_present,
        coalesce(
            lead(changes.point_date) over (
                partition by changes.customer_id
                order by changes.point_date
            ),
            cast('9999-12-31' as date)
        ) as valid_to,
        coalesce(customers.acquisition_channel, 'unknown')
            as acquisition_channel,
        coalesce(customers.country, 'unknown') as country,
        coalesce(cohorts.cohort, 'none') as cohort
    from changes
    left join customers on changes.customer_id = customers.customer_id
    left join cohorts on changes.customer_id = cohorts.customer_id

)

select * from ranged
