with

points as (

    select * from {{ ref('int_lifecycle_points_judged') }}

),

neighbours_seen as (

    select
        *,
        coalesce(state != lag(state) over life, true) as is_new_state,
        coalesce(epoch_from != lag(epoch_from) over life, true) as is_new_epoch,
        lag(state) over life as state_before
    from points
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
    where is_new_state or is_new_epoch

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
        case
            when state = 'prospect' then 'acquisition'
            when state in ('onboarding', 'active', 'reactivated')
                then 'engagement'
            when state in ('cooling', 'slipping') then 'retention'
            else 'lapsed'
        end as clm_stage,
        {{ lifecycle_rule('state') }} as state_rule,
        cast(days_since_last_order as int) as days_since_last_order,
        cast(gap_days as double) as gap_days,
        gap_source,
        first_order_date,
        last_order_date,
        last_order_id
    from states_followed
    window same_state as (partition by customer_id, state_number)

)

select * from intervals
