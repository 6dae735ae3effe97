with

days as (

    select * from {{ ref('as_of_dates') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

subscriptions_known as (

    select
        days.as_of_date,
        subscriptions.subscription_id,
        subscriptions.customer_id,
        subscriptions.renews_subscription_id,
        subscriptions.source_system,
        {{ current_on_day('plan', 'subscriptions') }} as plan,
        {{ timed_on_day(
            'cancel_reason', 'cancel_reason_date', 'subscriptions'
        ) }} as cancel_reason,
        {{ current_on_day('annual_value', 'subscriptions') }} as annual_value,
        subscriptions.started_date,
        {{ current_on_day('period_end_date', 'subscriptions') }}
            as period_end_date,
        {{ timed_on_day('ended_date', 'ended_date', 'subscriptions') }}
            as ended_date,
        {{ timed_on_day('cancelled_date', 'cancelled_date', 'subscriptions') }}
            as cancelled_date,
        subscriptions.known_from,
        subscriptions.started_at,
        {{ timed_on_day('ended_at', 'ended_date', 'subscriptions') }}
            as ended_at,
        {{ timed_on_day('cancelled_at', 'cancelled_date', 'subscriptions') }}
            as cancelled_at
    from days
    inner join subscriptions
        on
            days.as_of_date > subscriptions.started_date
            and {{ known_on_day('subscriptions') }}

),

identified as (

    select
        subscriptions_known.as_of_date,
        subscriptions_known.subscription_id,
        subscriptions_known.source_system,
        subscriptions_known.customer_id as source_customer_id,
        {{ person('subscriptions_known', 'links') }} as customer_id,
        subscriptions_known.renews_subscription_id,
        subscriptions_known.plan,
        subscriptions_known.cancel_reason,
        subscriptions_known.annual_value,
        subscriptions_known.ended_date is null as is_active,
        subscriptions_known.started_date,
        subscriptions_known.period_end_date,
        subscriptions_known.ended_date,
        subscriptions_known.cancelled_date,
        subscriptions_known.known_from,
        subscriptions_known.started_at,
        subscriptions_known.ended_at,
        subscriptions_known.cancelled_at
    from subscriptions_known
    left join links on {{ is_linked('subscriptions_known', 'links') }}

)

select * from identified
