{% set states = states_before_lost() %}

with

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

moves as (

    select * from {{ ref('int_lifecycle_moves_counted') }}

),

stocks as (

    select * from {{ ref('int_lifecycle_stocks_counted') }}

),

-- A period that begins before the first order has no stock at its start.
joined as (

    select
        {{ as_of_date() }} as as_of_date,
        periods.period,
        periods.period_start_date,
        periods.period_end_date,
        periods.is_over,
        {% for count in [
            'active', 'new', 'returning', 'reactivated', 'gone_quiet'
        ] %}
            cast(coalesce(moves.{{ count }}_customers, 0) as bigint)
                as {{ count }}_customers,
        {% endfor %}
        cast(coalesce(at_start.present_customers, 0) as bigint)
            as present_at_start,
        cast(at_end.present_customers as bigint) as present_at_end,
        {% for state in states %}
            cast(on_last_day.{{ state }}_customers as bigint)
                as in_{{ state }},
        {% endfor %}
        cast(on_last_day.lost_customers as bigint) as in_lost
    from periods
    left join moves
        on
            periods.period = moves.period
            and periods.period_start_date = moves.period_start_date
    left join stocks as at_start
        on periods.period_start_date = at_start.calendar_date
    inner join stocks as at_end
        on periods.measured_date = at_end.calendar_date
    inner join stocks as on_last_day
        on
            least(
                {{ add_days('periods.period_end_date', -1) }},
                periods.measured_date
            ) = on_last_day.calendar_date

)

select * from joined
