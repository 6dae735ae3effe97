with

steps_counted as (

    select * from {{ ref('int_journey_lapses_counted') }}

),

still_open as (

    select * from {{ ref('int_journey_lapses_matured') }}

),

large_enough as (

    select * from {{ ref('int_journey_lapses_compared') }}
    where
        compared_count >= {{ fewest_compared() }}
        and expected_lapsed_count >= {{ fewest_expected_lapses() }}
        and lapse_lift > 0
        and from_kind != 'account_deleted'
        and to_kind != 'account_deleted'

),

large_enough_counted as (

    select steps_counted.*
    from steps_counted
    inner join large_enough
        on
            steps_counted.from_kind = large_enough.from_kind
            and steps_counted.to_kind = large_enough.to_kind

),

strata as (

    select distinct
        from_kind,
        to_kind,
        band_to_day,
        gap_class
    from large_enough_counted

),

everybody as (

    select
        band_to_day,
        gap_class,
        customer_group,
        count(*) as all_count,
        count(*) filter (where has_lapsed) as all_lapsed_count
    from still_open
    group by band_to_day, gap_class, customer_group

),

customer_groups as (

    select distinct customer_group from still_open

),

strata_of_groups as (

    select
        strata.*,
        customer_groups.customer_group
    from strata
    cross join customer_groups

),

grouped as (

    select
        strata_of_groups.*,
        coalesce(counted.with_count, 0) as with_count,
        coalesce(counted.with_lapsed_count, 0) as with_lapsed_count,
        coalesce(everybody.all_count, 0) - coalesce(counted.with_count, 0)
            as others_count,
        coalesce(everybody.all_lapsed_count, 0)
        - coalesce(counted.with_lapsed_count, 0) as others_lapsed_count
    from strata_of_groups
    left join everybody
        on
            strata_of_groups.band_to_day = everybody.band_to_day
            and strata_of_groups.gap_class = everybody.gap_class
            and strata_of_groups.customer_group = everybody.customer_group
    left join large_enough_counted as counted
        on
            strata_of_groups.from_kind = counted.from_kind
            and strata_of_groups.to_kind = counted.to_kind
            and strata_of_groups.band_to_day = counted.band_to_day
            and strata_of_groups.gap_class = counted.gap_class
            and strata_of_groups.customer_group = counted.customer_group

)

select * from grouped
