with

events as (

    select * from {{ ref('int_customer_events_unioned') }}
    where as_of_date = {{ as_of_date() }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

keys as (

    select distinct
        as_of_date,
        source_system,
        source_customer_id as customer_id
    from events
    where source_customer_id is not null

),

identified as (

    select
        keys.source_system,
        keys.customer_id as source_customer_id,
        {{ person('keys', 'links') }} as customer_id,
        keys.as_of_date,
        coalesce(links.matched_by, 'customer_id') as matched_by,
        links.collision
    from keys
    left join links on {{ is_linked('keys', 'links') }}

)

select * from identified
