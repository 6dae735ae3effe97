with

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

stocks as (

    select * from {{ ref('int_kpi_presence_stocked') }}

),

changes as (

    select * from {{ ref('int_kpi_presence_changed') }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

placed as (

    {{ kpi_placed('changes', 'lives') }}

),

changes_rolled as (

    {{ kpi_rolled('placed', [
        '0 as start_count',
        'sum(new_count) as new_count',
        'sum(gained_count) as gained_count',
        'sum(lost_count) as lost_count',
    ]) }}

),

at_start as (

    {{ kpi_stocks_at('stocks', 'periods', 'period_start_date') }}

),

unioned as (

    select * from changes_rolled
    union all
    select
        period,
        period_start_date,
        dimension,
        dimension_value,
        customers_count as start_count,
        0 as new_count,
        0 as gained_count,
        0 as lost_count
    from at_start

),

rolled as (

    select
        period,
        period_start_date,
        dimension,
        dimension_value,
        sum(start_count) as start_count,
        sum(start_count + new_count) as start_and_new_count,
        sum(start_count - lost_count) as stayed_count,
        sum(start_count + gained_count - lost_count) as end_count,
        sum(lost_count) as lost_count
    from unioned
    group by period, period_start_date, dimension, dimension_value

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'customers_present', 'numerator': 'end_count',
         'n': 'end_count',
         'where': 'start_and_new_count + end_count > 0'},
        {'name': 'churn_rate_start_base', 'numerator': 'lost_count',
         'denominator': 'start_count'},
        {'name': 'churn_rate_stripe', 'numerator': 'lost_count',
         'denominator': 'start_and_new_count'},
        {'name': 'retention_rate', 'numerator': 'stayed_count',
         'denominator': 'start_count'},
    ]) }}

)

select * from counted
