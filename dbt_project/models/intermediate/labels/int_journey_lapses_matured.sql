{{ config(materialized='table') }}

with

journeys as (

    select * from {{ ref('int_journeys_bounded') }}
    where journey_number > 0

),

rhythm_measured as (

    select
        journey_id,
        customer_id,
        days,
        has_lapsed,
        {{ days_between('cast(started_at as date)', 'as_of_date') }}
        > {{ var('eligible_days') }} as is_matured,
        median(nullif(days, 0)) over (
            partition by customer_id
            order by journey_number
            rows between unbounded preceding and 1 preceding
        ) as own_gap_days
    from journeys

),

matured as (

    select * from rhythm_measured
    where is_matured

),

quartiles as (

    select
        percentile_cont(0.25) within group (order by own_gap_days) as gap_25,
        percentile_cont(0.5) within group (order by own_gap_days) as gap_50,
        percentile_cont(0.75) within group (order by own_gap_days) as gap_75
    from matured

),

classed as (

    select
        matured.journey_id,
        matured.days,
        matured.has_lapsed,
        substr(md5(matured.customer_id), 1, 2) as customer_group,
        case
            when matured.own_gap_days is null then 0
            when matured.own_gap_days <= quartiles.gap_25 then 1
            when matured.own_gap_days <= quartiles.gap_50 then 2
            when matured.own_gap_days <= quartiles.gap_75 then 3
            else 4
        end as gap_class
    from matured
    cross join quartiles

),

bands as (

    {% for last_day in journey_bands() -%}
        select {{ last_day }} as band_to_day
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}

),

still_open as (

    select
        classed.journey_id,
        classed.customer_group,
        bands.band_to_day,
        classed.gap_class,
        classed.has_lapsed
    from classed
    inner join bands
        on
            classed.days > bands.band_to_day
            and bands.band_to_day < {{ var('eligible_days') }}

)

select * from still_open
