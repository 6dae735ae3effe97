-- Revenue and orders, told by any dimension, are those of the completed orders
-- of the period.

with

kpis as (

    select * from {{ ref('retention_kpis') }}
    where metric in ('revenue', 'orders')

),

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

kinds as (

    {{ kpi_periods() }}

),

told as (

    select
        metric,
        period,
        period_start_date,
        dimension,
        sum(numerator) as amount
    from kpis
    group by metric, period, period_start_date, dimension

),

made as (

    select
        kinds.period,
        {{ period_start('kinds.period', 'orders.order_date') }}
            as period_start_date,
        sum(orders.total_amount) as revenue,
        count(*) as orders_count
    from orders
    cross join kinds
    group by
        kinds.period,
        {{ period_start('kinds.period', 'orders.order_date') }}

),

expected as (

    select
        'revenue' as metric,
        period,
        period_start_date,
        revenue as amount
    from made
    where revenue is not null
    union all
    select
        'orders' as metric,
        period,
        period_start_date,
        cast(orders_count as decimal(38, 4)) as amount
    from made

),

dimensions as (

    select named.*
    from (
        values
        ('all'),
        ('segment'),
        ('acquisition_channel'),
        ('order_channel'),
        ('country'),
        ('cohort'),
        ('lifecycle_state')
    ) as named (dimension)

),

expected_everywhere as (

    select
        expected.metric,
        expected.period,
        expected.period_start_date,
        expected.amount,
        dimensions.dimension
    from expected
    cross join dimensions

),

differing as (

    select
        told.amount as told_amount,
        expected_everywhere.amount as expected_amount,
        coalesce(expected_everywhere.metric, told.metric) as metric,
        coalesce(expected_everywhere.period, told.period) as period,
        coalesce(
            expected_everywhere.period_start_date, told.period_start_date
        ) as period_start_date,
        coalesce(expected_everywhere.dimension, told.dimension) as dimension
    from expected_everywhere
    full outer join told
        on
            expected_everywhere.metric = told.metric
            and expected_everywhere.period = told.period
            and expected_everywhere.period_start_date = told.period_start_date
            and expected_everywhere.dimension = told.dimension
    where told.amount is distinct from expected_everywhere.amount

)

select * from differing
