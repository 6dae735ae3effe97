with

landed as (

    {{ versions(
        source('raw', 'interactions'), ['source_system', 'interaction_id']
    ) }}

),

renamed as (

    select
        interaction_id,
        customer_id,
        campaign_id,
        source_system,
        cast(occurred_at as date) as occurred_date,
        known_on as known_from,
        known_to,
        loaded_on,
        occurred_at,
        lower(channel) as channel,
        lower(kind) as kind,
        lower(direction) as direction
    from landed
    where not is_tombstone

)

select * from renamed
