with

landed as (

    {{ versions(source('raw', 'campaigns'), ['source_system', 'campaign_id']) }}

),

renamed as (

    select
        campaign_id,
        source_system,
        name as campaign_name,
        cost as campaign_cost,
        started_on as started_date,
        ended_on as ended_date,
        known_on as known_from,
        known_to,
        loaded_on,
        lower(channel) as channel,
        lower(retention_mode) as retention_mode
    from landed
    where not is_tombstone

)

select * from renamed
