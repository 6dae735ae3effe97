with

moves as (

    select * from {{ ref('int_kpi_customer_values_moved') }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}
    where valid_to > {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

placed as (

    {{ kpi_placed_for_good('moves', 'lives') }}

),

moves_rolled as (

    {{ kpi_rolled('placed', [
        'sum(customers_count) as customers_count',
        'sum(customer_value) as customer_value',
        'sum(squared_value) as squared_value',
    ], kpi_lasting_dimensions(), by=['stock_date']) }}

),

stocks as (

    {{ kpi_stocks(
        'moves_rolled', ['customers_count', 'customer_value', 'squared_value'],
        'periods'
    ) }}

),

at_end as (

    {{ kpi_stocks_at('stocks', 'periods', 'measured_date') }}

),

counted as (

    {{ kpis_of('at_end', [
        {'name': 'cltv', 'numerator': 'customer_value',
         'denominator': 'customers_count', 'squares': 'squared_value'},
    ]) }}

)

select * from counted
