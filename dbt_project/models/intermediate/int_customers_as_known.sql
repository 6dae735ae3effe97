with

days as (

    select * from {{ ref('as_of_dates') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

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
        {{ current_on_day('acquisition_campaign', 'customers') }}
            as acquisition_campaign,
        {{ current_on_day('has_consent_email', 'customers') }}
            as has_consent_email,
        {{ current_on_day('has_consent_sms', 'customers') }} as has_consent_sms,
        {{ current_on_day('has_consent_push', 'customers') }}
            as has_consent_push,
        customers.acquisition_channel,
        customers.birth_date,
        customers.created_date,
        min(
            case
                when customers.deleted_date < days.as_of_date
                    then customers.deleted_date
            end
        ) over (
            partition by days.as_of_date, customers.customer_id
        ) as deleted_date,
        customers.known_from,
        customers.loaded_on
    from days
    inner join customers
        on
            coalesce(days.as_of_date > customers.created_date, true)
            and {{ known_on_day('customers') }}
    qualify row_number() over (
        partition by days.as_of_date, customers.customer_id
        order by customers.known_from desc, customers.source_system asc
    ) = 1

)

select * from customers_known
