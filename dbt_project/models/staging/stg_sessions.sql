with

landed as (

    select * from {{ source('raw', 'sessions') }}

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
        {{ known_to(['source_system', 'session_id']) }} as known_to,
        loaded_on,
        started_at
    from landed
    qualify not is_tombstone

)

select * from renamed
