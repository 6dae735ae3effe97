with

families_unioned as (

    select * from {{ ref('int_kpi_orders_counted') }}
    union all
    select * from {{ ref('int_kpi_acquisition_costs_counted') }}
    union all
    select * from {{ ref('int_kpi_leads_counted') }}
    union all
    select * from {{ ref('int_kpi_feedback_counted') }}
    union all
    select * from {{ ref('int_kpi_tickets_counted') }}
    union all
    select * from {{ ref('int_kpi_payments_counted') }}
    union all
    select * from {{ ref('int_kpi_refunds_counted') }}
    union all
    select * from {{ ref('int_kpi_touches_counted') }}
    union all
    select * from {{ ref('int_kpi_engagement_counted') }}
    union all
    select * from {{ ref('int_kpi_presence_counted') }}
    union all
    select * from {{ ref('int_kpi_repeats_counted') }}
    union all
    select * from {{ ref('int_kpi_second_orders_counted') }}
    union all
    select * from {{ ref('int_kpi_customer_values_counted') }}
    union all
    select * from {{ ref('int_kpi_subscribers_counted') }}
    union all
    select * from {{ ref('int_kpi_renewals_counted') }}
    union all
    select * from {{ ref('int_kpi_contracts_counted') }}

),

kpis_listed as (

    select
        metric,
        period,
        period_start_date,
        dimension,
        dimension_value,
        numerator,
        denominator,
        n,
        standard_error,
        measured_value
    from families_unioned

)

select * from kpis_listed
