with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

order_days as (

    select distinct
        customer_id,
        order_date
    from orders

),

order_days_numbered as (

    select
        customer_id,
        order_date,
        row_number() over life as order_day_number,
        lead(order_date) over life as next_order_date
    from order_days
    window life as (partition by customer_id order by order_date)

),

firsts as (

    select
        customer_id,
        'month' as period,
        {{ period_start("'month'", 'order_date') }} as period_start_date,
        case
            when next_order_date <= {{ add_days('order_date', 90) }} then 1
            else 0
        end as again_count
    from order_days_numbered
    where order_day_number = 1

),

matured as (

    select *
    from firsts
    where
        {{ add_days(period_end('period', 'period_start_date'), 90) }}
        <= {{ as_of_date() }}

),

placed as (

    {{ kpi_placed('matured', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(again_count) as again_count',
        'count(*) as customers_count',
    ], kpi_lasting_dimensions()) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'second_order_rate_90d', 'numerator': 'again_count',
         'denominator': 'customers_count'},
    ]) }}

)

select * from counted
