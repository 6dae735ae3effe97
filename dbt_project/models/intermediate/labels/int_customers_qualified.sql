{{ config(materialized='table') }}

with

customers as (

    select * from {{ ref('int_customers_as_known') }}

),

deletions as (

    select * from {{ ref('int_customer_deletions_as_known') }}

),

events as (

    select * from {{ ref('int_customer_events_unioned') }}

),

events_rolled as (

    select
        as_of_date,
        customer_id,
        min(completed_order_date) as first_order_date,
        max(completed_order_date) as last_order_date,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from events
    where customer_id is not null
    group by as_of_date, customer_id

),

deletions_rolled as (

    select
        deletions.as_of_date,
        deletions.customer_id,
        min(deletions.deleted_date) as deleted_date
    from deletions
    inner join events_rolled
        on
            deletions.as_of_date = events_rolled.as_of_date
            and deletions.customer_id = events_rolled.customer_id
            and coalesce(
                deletions.deleted_date >= events_rolled.last_order_date, true
            )
    group by deletions.as_of_date, deletions.customer_id

),

reasons_found as (

    select
        events_rolled.as_of_date,
        events_rolled.customer_id,
        customers.created_date,
        deletions_rolled.deleted_date,
        events_rolled.first_event_date,
        events_rolled.first_order_date,
        events_rolled.last_order_date,
        case
            when deletions_rolled.deleted_date is not null then 'deleted'
            when events_rolled.last_order_date is null then 'never_ordered'
            when
                {{ dbt.datediff(
                    'events_rolled.last_order_date',
                    'events_rolled.as_of_date',
                    'day'
                ) }} > {{ var('eligible_days') }}
                then 'already_gone'
        end as ineligible_reason,
        coalesce(
            {{ dbt.datediff(
                'events_rolled.last_event_date',
                'events_rolled.as_of_date',
                'day'
            ) }} <= 2 * {{ var('eligible_days') }},
            false
        ) as is_recent
    from events_rolled
    left join customers
        on
            events_rolled.as_of_date = customers.as_of_date
            and events_rolled.customer_id = customers.customer_id
    left join deletions_rolled
        on
            events_rolled.as_of_date = deletions_rolled.as_of_date
            and events_rolled.customer_id = deletions_rolled.customer_id

),

qualified as (

    select
        *,
        ineligible_reason is null as is_eligible
    from reasons_found

)

select * from qualified
