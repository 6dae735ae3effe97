with

subscriptions as (

    select * from {{ ref('int_subscription_periods_numbered') }}
    where as_of_date = {{ as_of_date() }}

),

renewals as (

    select * from {{ ref('int_subscription_renewals_found') }}

),

joined as (

    select
        subscriptions.subscription_id,
        subscriptions.customer_id,
        {{ as_of_date() }} as as_of_date,
        subscriptions.plan,
        cast(subscriptions.annual_value as decimal(18, 4)) as annual_value,
        subscriptions.renews_subscription_id,
        cast(subscriptions.period_number as bigint) as period_number,
        subscriptions.cancel_reason,
        subscriptions.is_running,
        renewals.is_due,
        case
            when renewals.is_due
                then renewals.renewed_by_subscription_id is not null
        end as is_renewed,
        renewals.renewed_by_subscription_id,
        subscriptions.started_date,
        renewals.due_date,
        subscriptions.ended_date,
        subscriptions.cancelled_date
    from subscriptions
    inner join renewals
        on subscriptions.subscription_id = renewals.subscription_id

)

select * from joined
