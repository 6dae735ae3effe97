with

tickets as (

    select * from {{ ref('int_tickets_as_known') }}
    where
        {{ is_read_within('opened_date', longest_feature_window()) }}
        and customer_id is not null

),

tickets_judged as (

    select
        tickets.as_of_date,
        tickets.customer_id,
        tickets.opened_date,
        tickets.is_open,
        {{ days_between('tickets.opened_date', 'tickets.as_of_date') }}
            as age_days,
        cast({{ ticket_overdue_at('tickets') }} as date)
        < tickets.as_of_date as is_overdue,
        {{ dbt.datediff(
            'tickets.opened_at',
            not_before('tickets.first_response_at', 'tickets.opened_at'),
            'second'
        ) }} as response_seconds,
        {{ dbt.datediff(
            'tickets.opened_at',
            not_before('tickets.resolved_at', 'tickets.opened_at'),
            'second'
        ) }} as resolution_seconds
    from tickets

),

windowed as (

    select
        as_of_date,
        customer_id,
        {{ counted_in_windows(
            'tickets_count', 'opened_date', windows=[30, 90, 180, 365]
        ) }},
        {{ counted_in_windows(
            'overdue_tickets_count', 'opened_date', 'is_overdue', [90, 365]
        ) }},
        count(*) filter (where is_open) as open_tickets_count,
        max(case when is_open then age_days end) as longest_open_ticket_days,
        min(age_days) as days_since_last_ticket,
        {{ ratio('sum(response_seconds)', '3600 * count(response_seconds)') }}
            as mean_first_response_hours_365d,
        {{ ratio(
            'sum(resolution_seconds)', '3600 * count(resolution_seconds)'
        ) }} as mean_resolution_hours_365d
    from tickets_judged
    group by as_of_date, customer_id

)

select * from windowed
