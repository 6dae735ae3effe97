{{ config(materialized='table') }}

with

epochs as (

    select * from {{ ref('int_lifecycle_epochs_found') }}

),

-- The median can only differ in the month after one in which something
-- happened; an epoch begins the day after its event.
months as (

    select distinct
        cast(
            {{ dbt.dateadd(
                'month',
                1,
                dbt.date_trunc('month', add_days('epoch_from', -1))
            ) }} as date
        ) as month_from
    from epochs

),

medians as (

    select
        months.month_from,
        median(epochs.own_gap_days) as gap_days
    from months
    inner join epochs
        on
            months.month_from >= epochs.epoch_from
            and months.month_from < epochs.epoch_to
    where
        epochs.own_gap_days is not null
        and months.month_from <= {{ as_of_date() }}
    group by months.month_from

),

with_default as (

    select
        month_from,
        gap_days,
        'population' as gap_source
    from medians
    union all
    select
        cast('0001-01-01' as date) as month_from,
        {{ var('default_gap_days') }} as gap_days,
        'default' as gap_source

),

ranged as (

    select
        month_from,
        gap_days,
        gap_source,
        coalesce(
            lead(month_from) over (order by month_from),
            cast('9999-12-31' as date)
        ) as month_to
    from with_default

)

select * from ranged
