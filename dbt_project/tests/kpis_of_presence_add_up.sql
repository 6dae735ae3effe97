-- Whoever is present at a period's end is who was at its start, less the lost,
-- plus the gained; and by each dimension as many as in all.

with

kpis as (

    select * from {{ ref('retention_kpis') }}
    where metric = 'customers_present'

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

stocks as (

    select * from {{ ref('int_kpi_presence_stocked') }}
    where dimension = 'all'

),

told as (

    select
        period,
        period_start_date,
        dimension,
        sum(numerator) as customers_count
    from kpis
    group by period, period_start_date, dimension

),

differing as (

    select
        told.*,
        stocks.customers_count as present_count
    from told
    inner join periods
        on
            told.period = periods.period
            and told.period_start_date = periods.period_start_date
    inner join stocks on periods.measured_date = stocks.stock_date
    where told.customers_count != stocks.customers_count

)

select * from differing
