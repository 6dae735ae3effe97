with

customers as (

    select * from {{ ref('int_customers_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

states as (

    select * from {{ ref('lifecycle_states') }}

),

segments as (

    select * from {{ ref('int_rfm_segments_ranged') }}

),

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

points_unioned as (

    select
        customer_id,
        cast('1900-01-01' as date) as point_date,
        'state' as what,
        'prospect' as begun
    from customers
    union all
    select
        customer_id,
        valid_from as point_date,
        'state' as what,
        state as begun
    from states
    union all
    select
        customer_id,
        valid_from as point_date,
        'segment' as what,
        coalesce(rfm_segment, 'unknown') as begun
    from segments
    union all
    select
        customer_id,
        valid_to as point_date,
        'segment' as what,
        null as begun
    from segments
    where valid_to is not null
    union all
    select
        customer_id,
        present_from as point_date,
        'presence' as what,
        'present' as begun
    from presences
    union all
    select
        customer_id,
        present_to as point_date,
        'presence' as what,
        null as begun
    from presences
    where present_to is not null

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
    from points_unioned
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

)

select * from points_filled
