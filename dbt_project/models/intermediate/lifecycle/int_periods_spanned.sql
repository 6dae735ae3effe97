{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

first_days as (

    select min(order_date) as first_day from orders
    union all
    select min(started_date) as first_day from subscriptions

),

days as (

    select *
    from (
        {{ days_from_to(
            '(select min(first_day) from first_days)',
            add_days(as_of_date(), -1)
        ) }}
    ) as listed

),

kinds as (

    {{ kpi_periods() }}

),

periods as (

    select distinct
        kinds.period,
        {{ period_start('kinds.period', 'days.every_day') }}
            as period_start_date
    from days
    cross join kinds

),

spanned as (

    select
        period,
        period_start_date,
        {{ period_end('period', 'period_start_date') }} as period_end_date,
        least(
            {{ period_end('period', 'period_start_date') }},
            {{ as_of_date() }}
        ) as measured_date,
        {{ period_end('period', 'period_start_date') }} <= {{ as_of_date() }}
            as is_over
    from periods

)

select * from spanned
