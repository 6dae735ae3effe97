with

subscriptions as (

    select
        *,
        case
            when renews_subscription_id is not null then 'subscription_renewed'
            else 'subscription_started'
        end as kind
    from {{ ref('int_subscriptions_as_known') }}

),

unioned as (

    {{ touchpoints_of(
        'subscriptions', 'subscriptions', 'subscription_id',
        'kind', 'started_at',
        channel="'subscription'",
        direction="'in'"
    ) }}
    union all
    {{ touchpoints_of(
        'subscriptions', 'subscriptions', 'subscription_id',
        "'subscription_cancelled'",
        not_before('cancelled_at', 'started_at'),
        channel="'subscription'",
        direction="'in'"
    ) }}
    union all
    {{ touchpoints_of(
        'subscriptions', 'subscriptions', 'subscription_id',
        "'subscription_ended'",
        not_before('ended_at', 'started_at'),
        channel="'subscription'"
    ) }}

)

select * from unioned
