with

landed as (

    select * from {{ source('raw', 'interactions') }}

),

renamed as (

    select
        interaction_id,
        customer_id,
        campaign_id,
        source_system,
        lower(channel) as channel,
        lower(kind) as kind,
        lower(direction) as direction,
        cast(occurred_at as date) as occurred_date,
        known_on as known_from,
        {{ known_to(['source_system', 'interaction_id']) }} as known_to,
        loaded_on,
        occurred_at
    from landed
    qualify not is_tombstone

)

select * from renamed
