with

subscriptions as (

    select * from {{ ref('int_subscriptions_matured') }}
    where customer_id is not null

),

earlier_ends_seen as (

    select
        *,
        {{ earlier_ended_date() }} as earlier_ended_date
    from subscriptions

),

starts_found as (

    select
        *,
        {{ is_period_start() }} as is_period_start
    from earlier_ends_seen

),

numbered as (

    select
        *,
        {{ period_number() }} as period_number
    from starts_found

),

periods as (

    select
        as_of_date,
        customer_id,
        period_number,
        max(ended_date) as last_ended_date,
        count(*) > count(ended_date) as is_running
    from numbered
    group by as_of_date, customer_id, period_number
    having
        min(started_date) < as_of_date
        and (
            count(*) > count(ended_date)
            or max(ended_date) >= as_of_date
        )

),

outcomes as (

    select
        as_of_date,
        customer_id,
        case when not is_running then last_ended_date end as ended_date
    from periods

)

select * from outcomes
