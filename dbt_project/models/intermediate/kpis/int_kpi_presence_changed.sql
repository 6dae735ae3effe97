with

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

begun as (

    select
        presences.*,
        true as is_beginning,
        kinds.period,
        {{ period_start(
            'kinds.period', add_days('presences.present_from', -1)
        ) }} as period_start_date
    from presences
    cross join kinds

),

ended as (

    select
        presences.*,
        false as is_beginning,
        kinds.period,
        {{ period_start(
            'kinds.period', add_days('presences.present_to', -1)
        ) }} as period_start_date
    from presences
    cross join kinds
    where presences.present_to is not null

),

unioned as (

    select * from begun
    union all
    select * from ended

),

-- A customer may come and go several times in one period.
judged as (

    select
        customer_id,
        period,
        period_start_date,
        bool_or(is_first and is_beginning) as is_new,
        bool_or(not is_beginning and present_from <= period_start_date)
            as was_there,
        bool_or(
            is_beginning
            and (
                present_to is null
                or present_to > {{ period_end('period', 'period_start_date') }}
            )
        ) as is_there
    from unioned
    group by customer_id, period, period_start_date

),

changed as (

    select
        customer_id,
        period,
        period_start_date,
        case when is_new then 1 else 0 end as new_count,
        case when is_there and not was_there then 1 else 0 end as gained_count,
        case when was_there and not is_there then 1 else 0 end as lost_count
    from judged

)

select * from changed
