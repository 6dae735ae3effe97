{{ config(schema='intermediate', materialized='view') }}

with

periods as (

    select * from {{ ref('int_periods_spanned') }}
    where period = 'day'

),

days as (

    select period_start_date as date_day
    from periods

)

select * from days
