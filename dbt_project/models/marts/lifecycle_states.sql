with

points as (

    select * from {{ ref('int_lifecycle_points_judged') }}

),

bearings_named as (

    -- NULL where no subscription bears on the state or its stage.
    select
        *,
        subscription_id || ' ' || clm_stage as bearing
    from points

),

-- Each epoch has a point on its first day.
neighbours_seen as (

    select
        *,
        epoch_from = point_date as is_new_epoch,
        coalesce(state != lag(state) over life, true) as is_new_state,
        coalesce(bearing, '') != coalesce(lag(bearing) over life, '')
            as is_new_bearing,
        lag(state) over life as state_before
    from bearings_named
    window life as (partition by customer_id order by point_date)

),

states_followed as (

    select
        *,
        sum(case when is_new_state then 1 else 0 end) over (
            partition by customer_id
            order by point_date
            rows between unbounded preceding and current row
        ) as state_number
    from neighbours_seen
    where is_new_state or is_new_epoch or is_new_bearing

),

intervals as (

    select
        customer_id,
        {{ as_of_date() }} as as_of_date,
        point_date as valid_from,
        lead(point_date) over (
            partition by customer_id
            order by point_date
        ) as valid_to,
        state,
        min(point_date) over same_state as since_date,
        max(case when is_new_state then state_before end) over same_state
            as previous_state,
        clm_stage,
        {{ lifecycle_rule('state', 'is_lost_by_subscription') }} as state_rule,
        cast(days_since_last_order as int) as days_since_last_order,
        cast(gap_days as double) as gap_days,
        gap_source,
        first_order_date,
        last_order_date,
        last_order_id,
        subscription_id
    from states_followed
    window same_state as (partition by customer_id, state_number)

)

select * from intervals
