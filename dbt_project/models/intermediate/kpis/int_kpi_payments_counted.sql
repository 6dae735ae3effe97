with

payments as (

    select * from {{ ref('int_payments_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

customer_periods as (

    select
        payments.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'payments.attempted_date') }}
            as period_start_date,
        count(*) as payments_count,
        count(*) filter (where payments.status = 'failed') as failed_count
    from payments
    cross join kinds
    group by
        payments.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'payments.attempted_date') }}

),

placed as (

    {{ kpi_placed('customer_periods', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(payments_count) as payments_count',
        'sum(failed_count) as failed_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'payment_failure_rate', 'numerator': 'failed_count',
         'denominator': 'payments_count'},
    ]) }}

)

select * from counted
