with

days as (

    select * from {{ ref('as_of_dates') }}

),

horizons as (

    select
        as_of_date,
        {{ add_days('as_of_date', var('horizon_days')) }} as horizon_end_date,
        {{ add_days(
            'as_of_date', var('horizon_days') + var('late_days')
        ) }} as matured_date
    from days

),

matured as (

    select * from horizons
    where matured_date <= {{ as_of_date() }}

)

select * from matured
