{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

rhythms as (

    select * from {{ ref('int_lifecycle_rhythms_measured') }}

),

rhythms_restored as (

    select * from {{ ref('int_lifecycle_rhythms_restored') }}

),

own_gaps as (

    select
        as_of_date,
        month_own_gap_days
    from rhythms_restored
    union all
    select
        rhythms.as_of_date,
        rhythms.month_own_gap_days
    from rhythms
    left join rhythms_restored
        on
            rhythms.as_of_date = rhythms_restored.as_of_date
            and rhythms.customer_id = rhythms_restored.customer_id
    where rhythms_restored.customer_id is null

),

medians as (

    select
        as_of_date,
        median(month_own_gap_days) as gap_days
    from own_gaps
    group by as_of_date

),

with_default as (

    select
        days.as_of_date,
        cast(
            coalesce(medians.gap_days, {{ var('default_gap_days') }}) as double
        ) as gap_days
    from days
    left join medians on days.as_of_date = medians.as_of_date

)

select * from with_default
