with

days as (

    select * from {{ ref('as_of_dates') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

customers_known as (

    select
        days.as_of_date,
        customers.customer_id,
        customers.source_system,
        {{ current_on_day('email', 'customers') }} as email,
        {{ current_on_day('first_name', 'customers') }} as first_name,
        {{ current_on_day('last_name', 'customers') }} as last_name,
        {{ current_on_day('phone', 'customers') }} as phone,
        {{ current_on_day('country', 'customers') }} as country,
        {{ current_on_day('city', 'customers') }} as city,
        customers.acquisition_channel,
        {{ current_on_day('acquisition_campaign', 'customers') }}
            as acquisition_campaign,
        {{ current_on_day('has_consent_email', 'customers') }}
            as has_consent_email,
        {{ current_on_day('has_consent_sms', 'customers') }} as has_consent_sms,
        {{ current_on_day('has_consent_push', 'customers') }}
            as has_consent_push,
        customers.birth_date,
        customers.created_date,
        {{ timed_on_day('deleted_date', 'deleted_date', 'customers') }}
            as deleted_date,
        customers.known_from,
        {{ timed_on_day('updated_at', 'updated_at', 'customers') }}
            as updated_at
    from days
    inner join customers
        on
            coalesce(days.as_of_date > customers.created_date, true)
            and {{ known_on_day('customers') }}

),

identified as (

    select
        customers_known.as_of_date,
        customers_known.source_system,
        customers_known.customer_id as source_customer_id,
        {{ person('customers_known', 'links') }} as customer_id,
        customers_known.email,
        customers_known.first_name,
        customers_known.last_name,
        customers_known.phone,
        customers_known.country,
        customers_known.city,
        customers_known.acquisition_channel,
        customers_known.acquisition_campaign,
        customers_known.has_consent_email,
        customers_known.has_consent_sms,
        customers_known.has_consent_push,
        customers_known.birth_date,
        customers_known.created_date,
        customers_known.deleted_date,
        customers_known.known_from,
        customers_known.updated_at
    from customers_known
    left join links on {{ is_linked('customers_known', 'links') }}

)

select * from identified
