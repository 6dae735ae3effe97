with

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

neighbours_seen as (

    select
        *,
        lag(present_to) over life as previous_present_to
    from presences
    window life as (partition by customer_id order by present_from)

),

begun as (

    select
        neighbours_seen.*,
        kinds.period,
        {{ period_start(
            'kinds.period', add_days('neighbours_seen.present_from', -1)
        ) }} as period_start_date
    from neighbours_seen
    cross join kinds

),

ended as (

    select
        neighbours_seen.*,
        kinds.period,
        {{ period_start(
            'kinds.period', add_days('neighbours_seen.present_to', -1)
        ) }} as period_start_date
    from neighbours_seen
    cross join kinds
    where neighbours_seen.present_to is not null

),

changed as (

    select
        customer_id,
        period,
        period_start_date,
        case when is_first then 1 else 0 end as new_count,
        case
            when
                (
                    previous_present_to is null
                    or previous_present_to <= period_start_date
                )
                and (
                    present_to is null
                    or present_to
                    > {{ period_end('period', 'period_start_date') }}
                )
                then 1
            else 0
        end as gained_count,
        0 as lost_count
    from begun
    union all
    select
        customer_id,
        period,
        period_start_date,
        0 as new_count,
        0 as gained_count,
        case
            when
                present_from <= period_start_date
                and (
                    next_present_from is null
                    or next_present_from
                    > {{ period_end('period', 'period_start_date') }}
                )
                then 1
            else 0
        end as lost_count
    from ended

)

select * from changed
