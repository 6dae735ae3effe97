with

points as (

    select * from {{ ref('int_kpi_points_unioned') }}

),

points_rolled as (

    select
        customer_id,
        point_date,
        max(begun) filter (where what = 'state') as lifecycle_state,
        case
            when count(*) filter (where what = 'segment') > 0
                then coalesce(
                    max(begun) filter (where what = 'segment'), 'none'
                )
        end as segment,
        case
            when count(*) filter (where what = 'presence') > 0
                then count(begun) filter (where what = 'presence') > 0
        end as is_present
    from points
    group by customer_id, point_date

),

points_filled as (

    select
        customer_id,
        point_date,
        last_value(lifecycle_state ignore nulls) over so_far as lifecycle_state,
        coalesce(last_value(segment ignore nulls) over so_far, 'none')
            as segment,
        coalesce(last_value(is_present ignore nulls) over so_far, false)
            as is_present
    from points_rolled
    window
        so_far as (
            partition by customer_id
            order by point_date
            rows between unbounded preceding and current row
        )

),

neighbours_seen as (

    select
        *,
        lag(point_date) over life as point_date_before,
        lag(lifecycle_state) over life as state_before,
        lag(segment) over life as segment_before,
        lag(is_present) over life as is_present_before
    from points_filled
    window life as (partition by customer_id order by point_date)

),

changes as (

    select
        customer_id,
        point_date,
        lifecycle_state,
        segment,
        is_present
    from neighbours_seen
    where
        point_date_before is null
        or lifecycle_state != state_before
        or segment != segment_before
        or is_present != is_present_before

)

select * from changes
