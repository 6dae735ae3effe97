{{ config(materialized='table') }}

with

lifts as (

    select * from {{ ref('int_icp_lifts_measured') }}

),

ranked as (

    select
        *,
        row_number() over (
            order by p_value nulls last, trait, trait_value
        ) as p_rank,
        count(p_value) over () as tested_count
    from lifts

),

discoveries_controlled as (

    select
        *,
        min(p_value * tested_count / p_rank) over (
            order by p_rank
            rows between current row and unbounded following
        ) as q_value
    from ranked

),

lifts_judged as (

    select
        trait,
        trait_value,
        customers_count,
        best_count,
        lift,
        cast(ln(lift) as decimal(18, 9)) as log_lift,
        p_value,
        q_value,
        coalesce(q_value <= {{ false_discovery_rate() }}, false) as is_telling
    from discoveries_controlled

)

select * from lifts_judged
