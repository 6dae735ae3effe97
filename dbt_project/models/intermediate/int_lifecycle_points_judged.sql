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
        end as gap_source
    from points
    inner join epochs
        on
            points.customer_id = epochs.customer_id
            and points.epoch_from = epochs.epoch_from
    inner join months
        on
            points.point_date >= months.month_from
            and points.point_date < months.month_to

),

-- The order of tests matters; the first that holds wins.
judged as (

    select
        *,
        case
            when last_order_date is null then 'prospect'
            when days_since_first_order <= {{ var('onboarding_days') }}
                then 'onboarding'
            when days_since_reactivation <= {{ var('onboarding_days') }}
                then 'reactivated'
            when days_since_last_order <= {{ var('active_gaps') }} * gap_days
                then 'active'
            when days_since_last_order <= {{ var('cooling_gaps') }} * gap_days
                then 'cooling'
            when days_since_last_order <= {{ var('eligible_days') }}
                then 'slipping'
            when days_since_last_order <= 2 * {{ var('eligible_days') }}
                then 'dormant'
            else 'lost'
        end as state
    from measured

)

select * from judged
