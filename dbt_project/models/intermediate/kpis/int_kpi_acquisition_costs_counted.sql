with

costs_spread as (

    select * from {{ ref('int_kpi_acquisition_costs_spread') }}

),

new_customers as (

    select * from {{ ref('int_kpi_orders_counted') }}
    where
        metric = 'new_customers'
        and dimension in ('all', 'acquisition_channel')

),

costs_rolled as (

    {{ kpi_rolled('costs_spread', ['sum(cost_spent) as cost_spent'], [
        'channel',
    ]) }}

),

costs_joined as (

    select
        costs_rolled.period,
        costs_rolled.period_start_date,
        new_customers.dimension,
        new_customers.dimension_value,
        costs_rolled.cost_spent,
        new_customers.numerator as new_count
    from costs_rolled
    inner join new_customers
        on
            costs_rolled.period = new_customers.period
            and costs_rolled.period_start_date = new_customers.period_start_date
            and costs_rolled.dimension_value = new_customers.dimension_value

),

counted as (

    {{ kpis_of('costs_joined', [
        {'name': 'cac', 'numerator': 'cost_spent',
         'denominator': 'new_count'},
    ]) }}

)

select * from counted
