with

touchpoints as (

    select * from {{ ref('touchpoints') }}
    where direction = 'out' and retention_mode in ('active', 'passive')

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

customer_periods as (

    select
        touchpoints.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'touchpoints.occurred_date') }}
            as period_start_date,
        count(*) as touches_count,
        count(*) filter (where touchpoints.retention_mode = 'active')
            as active_count
    from touchpoints
    cross join kinds
    group by
        touchpoints.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'touchpoints.occurred_date') }}

),

placed as (

    {{ kpi_placed('customer_periods') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(touches_count) as touches_count',
        'sum(active_count) as active_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'active_touch_share', 'numerator': 'active_count',
         'denominator': 'touches_count'},
    ]) }}

)

select * from counted
