{{ config(materialized='table') }}

with

touchpoints as (

    select * from {{ ref('int_touchpoints_unioned') }}
    where as_of_date = {{ as_of_date() }}

),

gathered as (

    select
        touchpoint_id,
        customer_id,
        as_of_date,
        occurred_at,
        occurred_date,
        known_from,
        entity,
        source_system,
        source_id,
        channel,
        kind,
        direction,
        campaign_id,
        retention_mode,
        sentiment,
        is_friction,
        amount
    from touchpoints

)

select * from gathered
