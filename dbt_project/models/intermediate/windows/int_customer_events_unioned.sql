with

orders as (

    select * from {{ ref('int_orders_as_known') }}

),

customer_records as (

    select * from {{ ref('int_customer_records_as_known') }}

),

refunds as (

    select * from {{ ref('int_refunds_as_known') }}

),

payments as (

    select * from {{ ref('int_payments_as_known') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_as_known') }}

),

interactions as (

    select * from {{ ref('int_interactions_as_known') }}

),

tickets as (

    select * from {{ ref('int_tickets_as_known') }}

),

surveys as (

    select * from {{ ref('int_surveys_as_known') }}

),

leads as (

    select * from {{ ref('int_leads_as_known') }}

),

sessions as (

    select * from {{ ref('int_sessions_as_known') }}

),

loyalty_events as (

    select * from {{ ref('int_loyalty_events_as_known') }}

),

unioned as (

    {{ events_of(
        'orders',
        'order_date',
        'case when is_completed then order_date end'
    ) }}
    union all
    {{ events_of('customer_records', 'created_date') }}
    union all
    {{ events_of('refunds', 'refund_date') }}
    union all
    {{ events_of('payments', 'attempted_date') }}
    union all
    {{ events_of('subscriptions', 'started_date') }}
    union all
    {{ events_of(
        'subscriptions',
        'coalesce(ended_date, ' ~ add_days('as_of_date', -1) ~ ')'
    ) }}
    union all
    {{ events_of('interactions', 'occurred_date') }}
    union all
    {{ events_of('tickets', 'opened_date') }}
    union all
    {{ events_of('surveys', 'responded_date') }}
    union all
    {{ events_of('leads', 'created_date') }}
    union all
    {{ events_of('sessions', 'started_date') }}
    union all
    {{ events_of('loyalty_events', 'occurred_date') }}

)

select * from unioned
