with

tickets as (

    select * from {{ ref('int_tickets_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

tickets_timed as (

    select
        tickets.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'tickets.opened_date') }}
            as period_start_date,
        {{ hours_from_to('tickets.opened_at', 'tickets.first_response_at') }}
            as response_hours,
        {{ hours_from_to('tickets.opened_at', 'tickets.resolved_at') }}
            as resolution_hours
    from tickets
    cross join kinds
    where tickets.customer_id is not null

),

placed as (

    {{ kpi_placed('tickets_timed', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'median(response_hours) as response_hours',
        'count(response_hours) as responses_count',
        'median(resolution_hours) as resolution_hours',
        'count(resolution_hours) as resolutions_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'ticket_first_response_hours', 'n': 'responses_count',
         'measured': 'response_hours', 'where': 'responses_count > 0'},
        {'name': 'ticket_resolution_hours', 'n': 'resolutions_count',
         'measured': 'resolution_hours', 'where': 'resolutions_count > 0'},
    ]) }}

)

select * from counted
