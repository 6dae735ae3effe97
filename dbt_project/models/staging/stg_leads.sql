with

landed as (

    select * from {{ source('raw', 'leads') }}

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
        {{ known_to(['source_system', 'lead_id']) }} as known_to,
        loaded_on,
        created_at,
        won_at,
        lost_at
    from landed
    qualify not is_tombstone

)

select * from renamed
