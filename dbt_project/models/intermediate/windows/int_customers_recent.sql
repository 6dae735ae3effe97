with

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where
        is_recent
        and {{ is_wanted() }}

),

sources as (

    select * from {{ ref('int_sources_present') }}

),

measured as (

    select
        customers.as_of_date,
        customers.customer_id,
        customers.first_order_date,
        customers.last_order_date,
        sources.has_refunds,
        sources.has_payments,
        sources.has_subscriptions,
        sources.has_interactions,
        sources.has_tickets,
        sources.has_surveys,
        sources.has_sessions,
        sources.has_loyalty_events
    from customers
    inner join sources on customers.as_of_date = sources.as_of_date

)

select * from measured
