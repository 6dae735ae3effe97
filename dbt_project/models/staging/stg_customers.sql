with

landed as (

    select * from {{ source('raw', 'customers') }}

),

renamed as (

    select
        customer_id,
        source_system,
        nullif(lower(trim(email)), '') as email,
        first_name,
        last_name,
        phone,
        country,
        city,
        case
            when is_tombstone then max(acquisition_channel) over so_far
            else acquisition_channel
        end as acquisition_channel,
        acquisition_campaign,
        consent_email as has_consent_email,
        consent_sms as has_consent_sms,
        consent_push as has_consent_push,
        birth_date,
        case
            when is_tombstone then cast(max(created_at) over so_far as date)
            else cast(created_at as date)
        end as created_date,
        case
            when is_tombstone
                then
                    coalesce(
                        cast(max(deleted_at) over so_far as date),
                        {{ add_days('known_on', -1) }}
                    )
            else cast(deleted_at as date)
        end as deleted_date,
        known_on as known_from,
        {{ known_to(['source_system', 'customer_id']) }} as known_to,
        loaded_on,
        updated_at
    from landed
    window
        so_far as (
            partition by source_system, customer_id
            order by known_on, loaded_on
            rows between unbounded preceding and current row
        )

)

select * from renamed
