{{ config(materialized='table') }}

{% set stocks = ['present'] + states_before_lost() %}

with

states as (

    select * from {{ ref('lifecycle_states') }}

),

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

changes as (

    select
        valid_from as change_date,
        state,
        count(*) as difference
    from states
    group by valid_from, state
    union all
    select
        valid_to as change_date,
        state,
        -count(*) as difference
    from states
    where valid_to is not null
    group by valid_to, state
    union all
    select
        present_from as change_date,
        'present' as state,
        count(*) as difference
    from presences
    group by present_from
    union all
    select
        present_to as change_date,
        'present' as state,
        -count(*) as difference
    from presences
    where present_to is not null
    group by present_to
    union all
    {% for moment in ['period_start_date', 'period_end_date'] %}
        select
            {{ moment }} as change_date,
            'none' as state,
            0 as difference
        from periods
        where period = 'day'
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

changes_of_days as (

    select
        change_date,
        {% for stock in stocks %}
            sum(case when state = '{{ stock }}' then difference else 0 end)
                as {{ stock }}_difference,
        {% endfor %}
        sum(case when state = 'lost' then difference else 0 end)
            as lost_difference
    from changes
    where change_date is not null
    group by change_date

),

stocks as (

    select
        change_date as calendar_date,
        {% for stock in stocks %}
            sum({{ stock }}_difference) over so_far
                as {{ stock }}_customers,
        {% endfor %}
        sum(lost_difference) over so_far as lost_customers
    from changes_of_days
    window
        so_far as (
            order by change_date
            rows between unbounded preceding and current row
        )

)

select * from stocks
