with

landed as (

    {{ versions(source('raw', 'sessions'), ['source_system', 'session_id']) }}

),

renamed as (

    select
        session_id,
        customer_id,
        source_system,
        source as session_source,
        pages_viewed,
        added_to_cart as has_added_to_cart,
        cast(started_at as date) as started_date,
        known_on as known_from,
        known_to,
        loaded_on,
        started_at
    from landed
    where not is_tombstone

)

select * from renamed
