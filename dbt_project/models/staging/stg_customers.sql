with

landed as (

    select * from {{ source('raw', 'customers') }}

),

renamed as (

    select
        customer_id,
        source as source_system,
        lower(trim(email)) as email,
        first_name,
        last_name,
        phone,
        country,
        city,
        acquisition_channel,
        acquisition_campaign,
        consent_email as has_consent_email,
        consent_sms as has_consent_sms,
        consent_push as has_consent_push,
        birth_date,
        cast(created_at as date) as created_date,
        cast(deleted_at as date) as deleted_date,
        known_on as known_from,
        {{ known_to(['source', 'customer_id']) }} as known_to,
        loaded_on,
        created_at,
        updated_at,
        deleted_at
    from landed

)

select * from renamed
