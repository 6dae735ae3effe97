-- Who ordered is new, returning or reactivated; a day's end is its start and
-- what happened in between, and the next day's start.
with

flow as (

    select * from {{ ref('lifecycle_flow') }}

),

compared as (

    select
        period,
        period_start_date,
        active_customers,
        present_at_end,
        new_customers + returning_customers + reactivated_customers
            as active_customers_expected,
        present_at_start
        + new_customers
        + reactivated_customers
        - gone_quiet_customers as present_at_end_expected,
        lead(present_at_start) over (
            partition by period
            order by period_start_date
        ) as next_present_at_start
    from flow

),

wrong as (

    select
        period,
        period_start_date
    from compared
    where
        active_customers != active_customers_expected
        or present_at_end != next_present_at_start
        or (period = 'day' and present_at_end != present_at_end_expected)

)

select * from wrong
