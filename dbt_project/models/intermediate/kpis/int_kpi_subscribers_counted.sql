with

periods as (

    select * from {{ ref('int_periods_spanned') }}
    where
        {{ add_days('period_end_date', var('restart_days')) }}
        <= {{ as_of_date() }}

),

stocks as (

    select * from {{ ref('int_kpi_subscribers_stocked') }}

),

subscription_periods as (

    select * from {{ ref('subscription_periods') }}
    where is_churned

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

churns as (

    select
        subscription_periods.customer_id,
        subscription_periods.started_date,
        kinds.period,
        {{ period_start('kinds.period', 'subscription_periods.churned_date') }}
            as period_start_date
    from subscription_periods
    cross join kinds

),

churns_from_start as (

    select *
    from churns
    where started_date < period_start_date

),

placed as (

    {{ kpi_placed('churns_from_start', 'lives') }}

),

churns_rolled as (

    {{ kpi_rolled('placed', ['count(*) as churned_count']) }}

),

at_start as (

    {{ kpi_stocks_at('stocks', 'periods', 'period_start_date') }}

),

joined as (

    select
        at_start.*,
        coalesce(churns_rolled.churned_count, 0) as churned_count
    from at_start
    left join churns_rolled
        on
            at_start.period = churns_rolled.period
            and at_start.period_start_date = churns_rolled.period_start_date
            and at_start.dimension = churns_rolled.dimension
            and at_start.dimension_value = churns_rolled.dimension_value

),

counted as (

    {{ kpis_of('joined', [
        {'name': 'subscription_churn_rate', 'numerator': 'churned_count',
         'denominator': 'customers_count'},
    ]) }}

)

select * from counted
