with

landed as (

    {{ versions(source('raw', 'customers'), ['source_system', 'customer_id']) }}

),

normalised as (

    select
        * exclude (email, also_known_as, created_at),
        {{ normalised_email('email') }} as email,
        nullif(trim(also_known_as), '') as also_known_as,
        case
            when created_at >= cast('1970-01-02' as timestamp) then created_at
        end as created_at
    from landed

),

renamed as (

    select
        customer_id,
        source_system,
        case
            when is_tombstone or cast(deleted_at as date) < known_on
                then last_value(also_known_as ignore nulls) over so_far
            else also_known_as
        end as also_known_as,
        email,
        last_value(
            case when email like '%_@_%' then email end ignore nulls
        ) over so_far as address,
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
        known_to,
        loaded_on,
        updated_at
    from normalised
    window
        so_far as (
            partition by source_system, customer_id
            order by known_on, loaded_on
            rows between unbounded preceding and current row
        )

)

select * from renamed
