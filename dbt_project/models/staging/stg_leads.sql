with

landed as (

    {{ versions(source('raw', 'leads'), ['source_system', 'lead_id']) }}

),

renamed as (

    select
        lead_id,
        customer_id,
        campaign_id,
        source_system,
        source as lead_source,
        cast(created_at as date) as created_date,
        cast(won_at as date) as won_date,
        cast(lost_at as date) as lost_date,
        known_on as known_from,
        known_to,
        loaded_on,
        created_at,
        won_at,
        lost_at
    from landed
    where not is_tombstone

)

select * from renamed
