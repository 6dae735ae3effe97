with

landed as (

    select * from {{ source('raw', 'loyalty_events') }}

),

renamed as (

    select
        event_id,
        customer_id,
        source_system,
        lower(kind) as kind,
        points,
        cast(occurred_at as date) as occurred_date,
        known_on as known_from,
        {{ known_to(['source_system', 'event_id']) }} as known_to,
        loaded_on,
        occurred_at
    from landed
    qualify not is_tombstone

)

select * from renamed
