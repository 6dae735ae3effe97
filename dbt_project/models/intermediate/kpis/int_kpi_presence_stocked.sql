{{ config(materialized='table') }}

with

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}
    where is_present

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

moves as (

    select
        *,
        valid_from as stock_date,
        1 as customers_count
    from lives
    union all
    select
        *,
        valid_to as stock_date,
        -1 as customers_count
    from lives
    where valid_to <= {{ as_of_date() }}

),

moves_rolled as (

    {{ kpi_rolled(
        'moves', ['sum(customers_count) as customers_count'], by=['stock_date']
    ) }}

),

stocked as (

    {{ kpi_stocks('moves_rolled', ['customers_count'], 'periods') }}

)

select * from stocked
