with

subscriptions as (

    select * from {{ ref('subscriptions') }}
    where is_due

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

due as (

    select
        subscriptions.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'subscriptions.due_date') }}
            as period_start_date,
        case when subscriptions.is_renewed then 1 else 0 end as renewed_count,
        subscriptions.annual_value,
        case
            when subscriptions.is_renewed then subscriptions.annual_value
            when subscriptions.annual_value is not null then 0
        end as renewed_value
    from subscriptions
    cross join kinds

),

-- Who renews is known at once, who does not only when their time is over.
due_matured as (

    select *
    from due
    where
        {{ add_days(
            period_end('period', 'period_start_date'), var('restart_days')
        ) }} <= {{ as_of_date() }}

),

placed as (

    {{ kpi_placed('due_matured', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'count(*) as due_count',
        'sum(renewed_count) as renewed_count',
        'count(annual_value) as values_count',
        'sum(annual_value) as due_value',
        'sum(renewed_value) as renewed_value',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'renewal_rate', 'numerator': 'renewed_count',
         'denominator': 'due_count'},
        {'name': 'renewal_rate_value', 'numerator': 'renewed_value',
         'denominator': 'due_value', 'n': 'values_count'},
    ]) }}

)

select * from counted
