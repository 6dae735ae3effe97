with

landed as (

    {{ versions(
        source('raw', 'loyalty_events'), ['source_system', 'event_id']
    ) }}

),

renamed as (

    select
        event_id,
        customer_id,
        source_system,
        points,
        cast(occurred_at as date) as occurred_date,
        known_on as known_from,
        known_to,
        loaded_on,
        occurred_at,
        lower(kind) as kind
    from landed
    where not is_tombstone

)

select * from renamed
