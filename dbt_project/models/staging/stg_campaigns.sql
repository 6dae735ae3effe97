with

landed as (

    select * from {{ source('raw', 'campaigns') }}

),

renamed as (

    select
        campaign_id,
        source_system,
        name as campaign_name,
        lower(channel) as channel,
        lower(retention_mode) as retention_mode,
        cost as campaign_cost,
        started_on as started_date,
        ended_on as ended_date,
        known_on as known_from,
        {{ known_to(['source_system', 'campaign_id']) }} as known_to,
        loaded_on
    from landed
    qualify not is_tombstone

)

select * from renamed
