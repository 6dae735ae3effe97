with

groups as (

    select * from {{ ref('int_journey_lapses_grouped') }}

),

strata as (

    select
        from_kind,
        to_kind,
        band_to_day,
        gap_class,
        sum(with_count) as with_count,
        sum(with_lapsed_count) as with_lapsed_count,
        sum(others_count) as others_count,
        sum(others_lapsed_count) as others_lapsed_count
    from groups
    group by from_kind, to_kind, band_to_day, gap_class

),

group_left_out as (

    select
        strata.from_kind,
        strata.to_kind,
        groups.customer_group,
        groups.with_lapsed_count,
        groups.others_lapsed_count,
        strata.with_count - groups.with_count as kept_with,
        strata.with_lapsed_count - groups.with_lapsed_count
            as kept_with_lapsed,
        strata.others_count - groups.others_count as kept_others,
        strata.others_lapsed_count - groups.others_lapsed_count
            as kept_others_lapsed
    from strata
    inner join groups
        on
            strata.from_kind = groups.from_kind
            and strata.to_kind = groups.to_kind
            and strata.band_to_day = groups.band_to_day
            and strata.gap_class = groups.gap_class

),

replicates as (

    select
        from_kind,
        to_kind,
        customer_group,
        sum(with_lapsed_count) > 0 as has_lapsed_with,
        sum(others_lapsed_count) > 0 as has_lapsed_others,
        {{ mantel_haenszel_ratio(
            'kept_with_lapsed',
            'kept_with',
            'kept_others_lapsed',
            'kept_others'
        ) }} as kept_lift
    from group_left_out
    group by from_kind, to_kind, customer_group

)

select * from replicates
