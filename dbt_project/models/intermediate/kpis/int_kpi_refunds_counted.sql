with

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

refunds_dated as (

    select
        refunds.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'refunds.refund_date') }}
            as period_start_date,
        refunds.amount
    from refunds
    cross join kinds

),

placed as (

    {{ kpi_placed('refunds_dated', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(amount) as amount',
        'count(amount) as amounts_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'refunded_amount', 'numerator': 'amount',
         'n': 'amounts_count'},
    ]) }}

)

select * from counted
