with

landed as (

    {{ versions(
        source('raw', 'subscriptions'), ['source_system', 'subscription_id']
    ) }}

),

renamed as (

    select
        subscription_id,
        customer_id,
        renews_subscription_id,
        source_system,
        plan,
        cancel_reason,
        annual_value,
        cast(started_at as date) as started_date,
        cast(period_end_at as date) as period_end_date,
        cast(ended_at as date) as ended_date,
        cast(cancelled_at as date) as cancelled_date,
        coalesce(
            cast(cancelled_at as date),
            {{ add_days('loaded_on', -1) }}
        ) as cancel_reason_date,
        known_on as known_from,
        known_to,
        loaded_on,
        started_at,
        ended_at,
        cancelled_at,
        updated_at
    from landed
    where not is_tombstone

)

select * from renamed
