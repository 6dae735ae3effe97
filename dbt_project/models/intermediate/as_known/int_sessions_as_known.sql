with

days as (

    select * from {{ ref('as_of_dates') }}

),

sessions as (

    select * from {{ ref('stg_sessions') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

sessions_known as (

    select
        days.as_of_date,
        sessions.session_id,
        sessions.customer_id,
        sessions.source_system,
        sessions.session_source,
        sessions.pages_viewed,
        sessions.has_added_to_cart,
        sessions.started_date,
        sessions.known_from,
        sessions.started_at
    from days
    inner join sessions
        on
            days.as_of_date > sessions.started_date
            and {{ known_on_day('sessions') }}

),

identified as (

    select
        sessions_known.as_of_date,
        sessions_known.session_id,
        sessions_known.source_system,
        sessions_known.customer_id as source_customer_id,
        {{ person('sessions_known', 'links') }} as customer_id,
        sessions_known.session_source,
        sessions_known.pages_viewed,
        sessions_known.has_added_to_cart,
        sessions_known.started_date,
        sessions_known.known_from,
        sessions_known.started_at
    from sessions_known
    left join links on {{ is_linked('sessions_known', 'links') }}

)

select * from identified
