with

days as (

    select * from {{ ref('as_of_dates') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

tickets_known as (

    select
        days.as_of_date,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.source_system,
        tickets.category,
        tickets.priority,
        {{ timed_on_day('csat_score', 'csat_date', 'tickets') }} as csat_score,
        tickets.opened_date,
        {{ timed_on_day(
            'first_response_date', 'first_response_date', 'tickets'
        ) }} as first_response_date,
        {{ timed_on_day('resolved_date', 'resolved_date', 'tickets') }}
            as resolved_date,
        {{ timed_on_day(
            'first_response_at', 'first_response_date', 'tickets'
        ) }} as first_response_at,
        {{ timed_on_day('resolved_at', 'resolved_date', 'tickets') }}
            as resolved_at,
        tickets.known_from,
        tickets.opened_at
    from days
    inner join tickets
        on
            days.as_of_date > tickets.opened_date
            and {{ known_on_day('tickets') }}

),

identified as (

    select
        tickets_known.as_of_date,
        tickets_known.ticket_id,
        tickets_known.source_system,
        tickets_known.customer_id as source_customer_id,
        {{ person('tickets_known', 'links') }} as customer_id,
        tickets_known.category,
        tickets_known.priority,
        tickets_known.csat_score,
        tickets_known.resolved_date is null as is_open,
        tickets_known.opened_date,
        tickets_known.first_response_date,
        tickets_known.resolved_date,
        tickets_known.known_from,
        tickets_known.opened_at,
        tickets_known.first_response_at,
        tickets_known.resolved_at
    from tickets_known
    left join links on {{ is_linked('tickets_known', 'links') }}

)

select * from identified
