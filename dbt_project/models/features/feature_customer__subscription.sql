with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        case
            when customers.has_subscriptions
                then coalesce(subscriptions.is_subscriber, false)
        end as is_subscriber,
        case
            when customers.has_subscriptions
                then coalesce(subscriptions.has_cancelled_subscription, false)
        end as has_cancelled_subscription,
        {{ days_between(
            'subscriptions.last_cancelled_date', 'customers.as_of_date'
        ) }} as days_since_subscription_cancelled,
        {{ days_between(
            'subscriptions.last_ended_date', 'customers.as_of_date'
        ) }} as days_since_subscription_ended,
        {{ days_between(
            'subscriptions.last_started_date', 'customers.as_of_date'
        ) }} as days_since_subscription_started,
        {%- for name in [
            'subscription_days_365d',
            'subscriptions_count_365d',
            'subscription_renewals_count_365d',
            'subscription_ends_count_365d',
        ] %}
            {{ counted_if(
                'subscriptions.' ~ name, 'customers.has_subscriptions'
            ) }} as {{ name }},
        {%- endfor %}
        cast(subscriptions.annual_value as double)
            as subscription_annual_value,
        {{ days_between(
            'customers.as_of_date', 'subscriptions.period_end_date'
        ) }} as days_to_period_end
    from customers
    left join subscriptions
        on
            customers.as_of_date = subscriptions.as_of_date
            and customers.customer_id = subscriptions.customer_id

)

select * from measured
