{{ config(materialized='table') }}

with

steps_counted as (

    select * from {{ ref('int_journey_lapses_counted') }}

),

still_open as (

    select * from {{ ref('int_journey_lapses_matured') }}

),

everybody as (

    select
        band_to_day,
        gap_class,
        count(*) as all_count,
        count(*) filter (where has_lapsed) as all_lapsed_count
    from still_open
    group by band_to_day, gap_class

),

steps_summed as (

    select
        from_kind,
        to_kind,
        band_to_day,
        gap_class,
        sum(with_count) as with_count,
        sum(with_lapsed_count) as with_lapsed_count
    from steps_counted
    group by from_kind, to_kind, band_to_day, gap_class

),

others_told_apart as (

    select
        steps_summed.*,
        everybody.all_count - steps_summed.with_count as others_count,
        everybody.all_lapsed_count - steps_summed.with_lapsed_count
            as others_lapsed_count
    from steps_summed
    inner join everybody
        on
            steps_summed.band_to_day = everybody.band_to_day
            and steps_summed.gap_class = everybody.gap_class
    where everybody.all_count > steps_summed.with_count

),

summed as (

    select
        from_kind,
        to_kind,
        sum(with_count) as compared_count,
        sum(with_lapsed_count) as lapsed_count,
        sum(
            {{ exact_ratio(
                'with_count * others_lapsed_count', 'others_count'
            ) }}
        ) as expected_lapsed_count,
        {{ mantel_haenszel_ratio(
            'with_lapsed_count',
            'with_count',
            'others_lapsed_count',
            'others_count'
        ) }} as lapse_lift
    from others_told_apart
    group by from_kind, to_kind

)

select * from summed
