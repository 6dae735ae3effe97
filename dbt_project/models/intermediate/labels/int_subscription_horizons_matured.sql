with

days as (

    select * from {{ ref('as_of_dates') }}

),

sources as (

    select * from {{ ref('int_sources_present') }}

),

horizons as (

    select
        days.as_of_date,
        {{ add_days('days.as_of_date', var('subscription_horizon_days')) }}
            as horizon_end_date,
        {{ add_days(
            'days.as_of_date',
            var('subscription_horizon_days') + var('restart_days')
        ) }} as outcome_end_date,
        {{ add_days(
            'days.as_of_date',
            var('subscription_horizon_days')
            + var('restart_days')
            + var('late_days')
        ) }} as matured_date
    from days
    inner join sources on days.as_of_date = sources.as_of_date
    where sources.has_subscriptions

),

matured as (

    select * from horizons
    where matured_date <= {{ as_of_date() }}

)

select * from matured
