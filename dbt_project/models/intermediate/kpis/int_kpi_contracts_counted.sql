with

subscriptions as (

    select * from {{ ref('subscriptions') }}
    where annual_value is not null

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}
    where valid_to > {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

moves as (

    select
        customer_id,
        {{ add_days('started_date', 1) }} as stock_date,
        1 as contracts_count,
        annual_value,
        {{ squared('annual_value') }} as squared_value
    from subscriptions
    union all
    select
        customer_id,
        {{ add_days('ended_date', 1) }} as stock_date,
        -1 as contracts_count,
        -annual_value as annual_value,
        -{{ squared('annual_value') }} as squared_value
    from subscriptions
    where ended_date is not null

),

placed as (

    {{ kpi_placed_for_good('moves', 'lives') }}

),

moves_rolled as (

    {{ kpi_rolled('placed', [
        'sum(contracts_count) as contracts_count',
        'sum(annual_value) as annual_value',
        'sum(squared_value) as squared_value',
    ], kpi_lasting_dimensions(), by=['stock_date']) }}

),

stocks as (

    {{ kpi_stocks(
        'moves_rolled', ['contracts_count', 'annual_value', 'squared_value'],
        'periods'
    ) }}

),

at_end as (

    {{ kpi_stocks_at('stocks', 'periods', 'measured_date') }}

),

counted as (

    {{ kpis_of('at_end', [
        {'name': 'average_contract_value', 'numerator': 'annual_value',
         'denominator': 'contracts_count', 'squares': 'squared_value'},
    ]) }}

)

select * from counted
