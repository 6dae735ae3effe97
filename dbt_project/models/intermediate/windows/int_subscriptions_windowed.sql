with

subscriptions as (

    select * from {{ ref('int_subscription_periods_numbered') }}
    where customer_id is not null

),

periods as (

    select * from {{ ref('int_subscription_periods_joined') }}
    where customer_id is not null

),

-- A renewal is told by ends that have come: when a running term will end is
-- not known for past days, which would tell of fewer than the present.
subscriptions_counted as (

    select
        as_of_date,
        customer_id,
        bool_or(is_running) as is_subscriber,
        bool_or(is_running and cancelled_date is not null)
            as has_cancelled_subscription,
        max(
            case
                when {{ is_within('cancelled_date', 365) }} then cancelled_date
            end
        ) as last_cancelled_date,
        max(case when is_running then started_date end)
            as last_started_date,
        count(*) filter (where {{ is_within('started_date', 365) }})
            as subscriptions_count_365d,
        count(*) filter (
            where {{ is_within('started_date', 365) }}
            and (
                renews_subscription_id != subscription_id
                or abs({{ days_between('earlier_ended_date', 'started_date') }})
                <= {{ var('restart_days') }}
            )
        ) as subscription_renewals_count_365d,
        sum(case when is_running then annual_value end) as annual_value,
        min(
            case
                when is_running and period_end_date >= as_of_date
                    then period_end_date
            end
        ) as period_end_date
    from subscriptions
    group by as_of_date, customer_id

),

-- While a period runs, the one before it is no end the customer is at.
periods_counted as (

    select
        as_of_date,
        customer_id,
        case
            when count(*) = count(ended_date)
                then
                    max(
                        case
                            when {{ is_within('ended_date', 365) }}
                                then ended_date
                        end
                    )
        end as last_ended_date,
        count(*) filter (where {{ is_within('ended_date', 365) }})
            as subscription_ends_count_365d,
        sum(
            greatest(
                {{ days_between(
                    'greatest(started_date, '
                    ~ add_days('as_of_date', -365) ~ ')',
                    'coalesce(ended_date, as_of_date)'
                ) }},
                0
            )
        ) as subscription_days_365d
    from periods
    group by as_of_date, customer_id

),

windowed as (

    select
        subscriptions_counted.as_of_date,
        subscriptions_counted.customer_id,
        subscriptions_counted.is_subscriber,
        subscriptions_counted.has_cancelled_subscription,
        subscriptions_counted.last_cancelled_date,
        subscriptions_counted.last_started_date,
        subscriptions_counted.subscriptions_count_365d,
        subscriptions_counted.subscription_renewals_count_365d,
        subscriptions_counted.annual_value,
        subscriptions_counted.period_end_date,
        periods_counted.last_ended_date,
        periods_counted.subscription_ends_count_365d,
        cast(periods_counted.subscription_days_365d as bigint)
            as subscription_days_365d
    from subscriptions_counted
    inner join periods_counted
        on
            subscriptions_counted.as_of_date = periods_counted.as_of_date
            and subscriptions_counted.customer_id = periods_counted.customer_id

)

select * from windowed
