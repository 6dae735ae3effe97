with

points as (

    select * from {{ ref('int_lifecycle_points_found') }}

),

epochs as (

    select * from {{ ref('int_lifecycle_epochs_found') }}

),

months as (

    select * from {{ ref('int_population_gaps_by_month') }}

),

subscriptions as (

    select * from {{ ref('int_lifecycle_subscriptions_ranged') }}

),

measured as (

    select
        points.customer_id,
        points.point_date,
        epochs.epoch_from,
        epochs.first_order_date,
        epochs.last_order_date,
        epochs.last_order_id,
        {{ days_between('epochs.first_order_date', 'points.point_date') }}
            as days_since_first_order,
        {{ days_between('epochs.reactivated_date', 'points.point_date') }}
            as days_since_reactivation,
        {{ days_between('epochs.last_order_date', 'points.point_date') }}
            as days_since_last_order,
        coalesce(epochs.own_gap_days, months.gap_days) as gap_days,
        case
            when epochs.own_gap_days is not null then 'own'
            else months.gap_source
        end as gap_source,
        subscriptions.subscription_id as bearing_subscription_id,
        coalesce(subscriptions.is_renewal, false) as is_renewal,
        coalesce(
            subscriptions.lost_since_date > epochs.last_order_date,
            subscriptions.lost_since_date is not null
        ) as is_subscription_over
    from points
    inner join epochs
        on
            points.customer_id = epochs.customer_id
            and points.epoch_from = epochs.epoch_from
    inner join months
        on
            points.point_date >= months.month_from
            and points.point_date < months.month_to
    left join subscriptions
        on
            points.customer_id = subscriptions.customer_id
            and points.point_date >= subscriptions.valid_from
            and points.point_date < subscriptions.valid_to

),

judged as (

    select
        *,
        {{ lifecycle_state() }} as state
    from measured

),

staged as (

    select
        *,
        is_subscription_over and state = 'lost' as is_lost_by_subscription,
        case
            when is_renewal or (is_subscription_over and state = 'lost')
                then bearing_subscription_id
        end as subscription_id,
        case
            when is_renewal then 'renewal'
            when state = 'prospect' then 'acquisition'
            when state in ('onboarding', 'active', 'reactivated')
                then 'engagement'
            when state in ('cooling', 'slipping') then 'retention'
            else 'lapsed'
        end as clm_stage
    from judged

)

select * from staged
