with

days_judged as (

    select * from {{ ref('int_lifecycle_days_judged') }}

),

measured as (

    select
        customer_id,
        as_of_date,
        cast({{ lifecycle_state_rank('state') }} as bigint)
            as lifecycle_state_rank,
        gap_days as lifecycle_gap_days,
        has_own_gap,
        {{ ratio('days_since_last_order', 'gap_days') }}
            as silence_in_lifecycle_gaps,
        cast(
            days_since_last_order - {{ var('active_gaps') }} * gap_days
            as double
        ) as days_past_cooling,
        order_days_count as lifetime_order_days_count,
        reactivations_count as lifetime_reactivations_count,
        longest_gap_days as lifetime_longest_gap_days
    from days_judged

)

select * from measured
