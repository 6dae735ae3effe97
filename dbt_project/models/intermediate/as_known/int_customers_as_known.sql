with

records as (

    select * from {{ ref('int_customer_records_as_known') }}

),

records_ranked as (

    select
        *,
        row_number() over (
            partition by as_of_date, customer_id
            order by
                case when deleted_date is null then 0 else 1 end asc,
                updated_at desc nulls last,
                source_system asc,
                source_customer_id asc
        ) as precedence
    from records

),

merged as (

    select
        as_of_date,
        customer_id,
        {{ first_said('email') }} as email,
        {{ first_said('first_name') }} as first_name,
        {{ first_said('last_name') }} as last_name,
        {{ first_said('phone') }} as phone,
        {{ first_said('country') }} as country,
        {{ first_said('city') }} as city,
        {{ first_said('acquisition_channel') }} as acquisition_channel,
        {{ first_said('acquisition_campaign') }} as acquisition_campaign,
        {{ consented_everywhere('has_consent_email') }}
            as has_consent_email,
        {{ consented_everywhere('has_consent_sms') }}
            as has_consent_sms,
        {{ consented_everywhere('has_consent_push') }}
            as has_consent_push,
        {{ first_said('birth_date') }} as birth_date,
        min(created_date) as created_date
    from records_ranked
    group by as_of_date, customer_id

)

select * from merged
