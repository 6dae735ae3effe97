{{ config(materialized='table') }}

with

channel_periods as (

    select * from {{ ref('int_kpi_order_periods_rolled') }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

customer_periods as (

    select
        customer_id,
        period,
        period_start_date,
        cast(sum(orders_count) as bigint) as orders_count,
        cast(sum(amounts_count) as bigint) as amounts_count,
        cast(sum(revenue) as decimal(18, 4)) as revenue,
        cast(sum(refunded_count) as bigint) as refunded_count,
        cast(sum(new_count) as bigint) as new_count
    from channel_periods
    group by customer_id, period, period_start_date

),

placed as (

    {{ kpi_placed('customer_periods', 'lives') }}

),

{% set is_told = "(period != 'day' or dimension = 'all')" -%}
{% set measures = [
    'count(*) as customers_count',
    'sum(orders_count) as orders_count',
    'sum(orders_count * orders_count) as squared_orders',
    'count(revenue) as payers_count',
    'sum(amounts_count) as amounts_count',
    'sum(amounts_count * amounts_count) as squared_amounts',
    'sum(revenue) as revenue',
    'sum(' ~ squared('revenue') ~ ') as squared_revenue',
    'sum(revenue * amounts_count) as revenue_by_amounts',
    'sum(refunded_count) as refunded_count',
    'sum(new_count) as new_count',
] -%}

rolled as (

    {{ kpi_rolled('placed', measures, has_days=true) }}

),

rolled_by_channel as (

    {{ kpi_rolled(
        'channel_periods', measures, ['order_channel'], has_days=true
    ) }}

),

all_rolled as (

    select * from rolled
    union all
    select * from rolled_by_channel
    where dimension = 'order_channel'

),

counted as (

    {{ kpis_of('all_rolled', [
        {'name': 'new_customers', 'numerator': 'new_count',
         'n': 'new_count', 'where': 'new_count > 0'},
        {'name': 'orders', 'numerator': 'orders_count', 'n': 'orders_count'},
        {'name': 'revenue', 'numerator': 'revenue', 'n': 'amounts_count'},
        {'name': 'active_customers', 'numerator': 'customers_count',
         'n': 'customers_count'},
        {'name': 'purchase_frequency', 'numerator': 'orders_count',
         'denominator': 'customers_count', 'squares': 'squared_orders',
         'where': is_told},
        {'name': 'average_order_value', 'numerator': 'revenue',
         'denominator': 'amounts_count', 'n': 'payers_count',
         'squares': 'squared_revenue', 'products': 'revenue_by_amounts',
         'squared_denominators': 'squared_amounts', 'where': is_told},
        {'name': 'refund_rate', 'numerator': 'refunded_count',
         'denominator': 'orders_count', 'where': is_told},
    ]) }}

)

select * from counted
