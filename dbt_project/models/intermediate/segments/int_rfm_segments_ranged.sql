{{ config(materialized='table') }}

with

points as (

    select * from {{ ref('int_rfm_points_scored') }}

),

customers as (

    select * from {{ ref('int_rfm_customers_numbered') }}

),

neighbours_seen as (

    select
        customer_number,
        point_date,
        rfm_segment,
        lag(slice_to) over life as silent_from,
        lag(rfm_segment) over life as segment_before,
        row_number() over life = 1 as is_first,
        max(slice_to) over (partition by customer_number) as last_to
    from points
    window life as (partition by customer_number order by point_date)

),

stays_begun as (

    select *
    from neighbours_seen
    where
        is_first
        or silent_from < point_date
        or rfm_segment is distinct from segment_before

),

ranged as (

    select
        customer_number,
        point_date as valid_from,
        rfm_segment,
        segment_before as previous_rfm_segment,
        point_date as since_date,
        coalesce(
            least(
                lead(point_date) over life,
                lead(silent_from) over life
            ),
            last_to
        ) as valid_to
    from stays_begun
    window life as (partition by customer_number order by point_date)

),

up_to_the_day as (

    select
        customers.customer_id,
        ranged.valid_from,
        case
            when ranged.valid_to <= {{ as_of_date() }} then ranged.valid_to
        end as valid_to,
        ranged.rfm_segment,
        ranged.previous_rfm_segment,
        ranged.since_date
    from ranged
    inner join customers
        on ranged.customer_number = customers.customer_number

)

select * from up_to_the_day
