with

landed as (

    {{ versions(source('raw', 'tickets'), ['source_system', 'ticket_id']) }}

),

renamed as (

    select
        ticket_id,
        customer_id,
        source_system,
        category,
        priority,
        csat_score,
        cast(opened_at as date) as opened_date,
        cast(first_response_at as date) as first_response_date,
        cast(resolved_at as date) as resolved_date,
        coalesce(
            cast(resolved_at as date),
            {{ add_days('loaded_on', -1) }}
        ) as csat_date,
        known_on as known_from,
        known_to,
        loaded_on,
        opened_at,
        first_response_at,
        resolved_at
    from landed
    where not is_tombstone

)

select * from renamed
