with

steps as (

    select * from {{ ref('int_journey_steps_counted') }}

),

compared as (

    select * from {{ ref('int_journey_lapses_compared') }}

),

jackknifed as (

    select * from {{ ref('int_journey_lapses_jackknifed') }}

),

compared_with_others as (

    select
        steps.*,
        coalesce(cast(compared.compared_count as bigint), 0) as compared_count,
        {{ ratio('compared.lapsed_count', 'compared.compared_count') }}
            as lapsed_share,
        {{ ratio('compared.expected_lapsed_count', 'compared.compared_count') }}
            as expected_lapsed_share,
        compared.lapse_lift,
        jackknifed.lift_lower,
        jackknifed.lift_upper,
        jackknifed.p_value,
        jackknifed.p_value is not null as is_tested
    from steps
    left join compared
        on
            steps.from_kind = compared.from_kind
            and steps.to_kind = compared.to_kind
    left join jackknifed
        on
            steps.from_kind = jackknifed.from_kind
            and steps.to_kind = jackknifed.to_kind

),

ranked as (

    select
        *,
        row_number() over (
            partition by is_tested
            order by p_value nulls last, from_kind, to_kind
        ) as p_rank,
        count(*) over (partition by is_tested) as rows_tested
    from compared_with_others

),

discoveries_controlled as (

    select
        *,
        min(p_value * rows_tested / p_rank) over (
            partition by is_tested
            order by p_rank
            rows between current row and unbounded following
        ) as q_value
    from ranked

),

final as (

    select
        from_kind,
        to_kind,
        {{ as_of_date() }} as as_of_date,
        is_friction,
        steps_count,
        journeys_count,
        customers_count,
        median_days,
        {{ ratio('ordered_count', 'journeys_count') }} as ordered_share,
        compared_count,
        lapsed_share,
        expected_lapsed_share,
        lapse_lift,
        lift_lower,
        lift_upper,
        p_value,
        q_value,
        coalesce(q_value <= {{ false_discovery_rate() }}, false)
            as is_significant,
        is_tested
    from discoveries_controlled

)

select * from final
