with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

rhythms as (

    select * from {{ ref('int_lifecycle_rhythms_measured') }}

),

population_gaps as (

    select * from {{ ref('int_population_gaps_as_known') }}

),

periods as (

    select * from {{ ref('int_subscription_periods_joined') }}

),

periods_over as (

    select * from periods
    where is_churned and next_started_date is null

),

measured as (

    select
        customers.as_of_date,
        customers.customer_id,
        rhythms.last_order_date,
        {{ days_between('rhythms.first_order_date', 'customers.as_of_date') }}
            as days_since_first_order,
        {{ days_between('rhythms.reactivated_date', 'customers.as_of_date') }}
            as days_since_reactivation,
        {{ days_between('rhythms.last_order_date', 'customers.as_of_date') }}
            as days_since_last_order,
        coalesce(rhythms.own_gap_days, population_gaps.gap_days) as gap_days,
        rhythms.own_gap_days is not null as has_own_gap,
        coalesce(rhythms.order_days_count, 0) as order_days_count,
        coalesce(rhythms.reactivations_count, 0) as reactivations_count,
        rhythms.longest_gap_days,
        coalesce(
            periods_over.ended_date > rhythms.last_order_date,
            periods_over.ended_date is not null
        ) as is_subscription_over
    from customers
    inner join population_gaps
        on customers.as_of_date = population_gaps.as_of_date
    left join rhythms
        on
            customers.as_of_date = rhythms.as_of_date
            and customers.customer_id = rhythms.customer_id
    left join periods_over
        on
            customers.as_of_date = periods_over.as_of_date
            and customers.customer_id = periods_over.customer_id

),

judged as (

    select
        *,
        {{ lifecycle_state() }} as state
    from measured

),

ranked as (

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
    from judged

)

select * from ranked
