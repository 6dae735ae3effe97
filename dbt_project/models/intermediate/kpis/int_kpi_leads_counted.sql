with

leads as (

    select * from {{ ref('int_leads_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

leads_dated as (

    select
        leads.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'leads.created_date') }}
            as period_start_date,
        case when leads.won_date is not null then 1 else 0 end as won_count
    from leads
    cross join kinds

),

placed as (

    {{ kpi_placed('leads_dated', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(won_count) as won_count',
        'count(*) as leads_count',
    ], ['acquisition_channel', 'country']) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'lead_conversion_rate', 'numerator': 'won_count',
         'denominator': 'leads_count'},
    ]) }}

)

select * from counted
