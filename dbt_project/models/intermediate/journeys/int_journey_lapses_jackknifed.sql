{{ config(materialized='table') }}

with

replicates as (

    select * from {{ ref('int_journey_lapses_replicated') }}

),

compared as (

    select * from {{ ref('int_journey_lapses_compared') }}

),

deviations as (

    select
        replicates.*,
        compared.lapse_lift,
        case
            when replicates.kept_lift > 0
                then
                    cast(
                        power(
                            ln(replicates.kept_lift / compared.lapse_lift), 2
                        ) as decimal(28, 20)
                    )
        end as squared_deviation
    from replicates
    inner join compared
        on
            replicates.from_kind = compared.from_kind
            and replicates.to_kind = compared.to_kind

),

spread as (

    select
        from_kind,
        to_kind,
        lapse_lift,
        least(
            count(*) filter (where has_lapsed_with),
            count(*) filter (where has_lapsed_others)
        ) - 1 as degrees_of_freedom,
        count(*) - count(squared_deviation) as undefined_count,
        sqrt(
            cast(sum(squared_deviation) as double) * (count(*) - 1) / count(*)
        ) as log_lift_error
    from deviations
    group by from_kind, to_kind, lapse_lift

),

tested as (

    select
        from_kind,
        to_kind,
        log_lift_error,
        degrees_of_freedom,
        lapse_lift / exp(
            {{ t_quantile_95('degrees_of_freedom') }} * log_lift_error
        ) as lift_lower,
        lapse_lift * exp(
            {{ t_quantile_95('degrees_of_freedom') }} * log_lift_error
        ) as lift_upper,
        {{ t_p_value(
            '(ln(lapse_lift) / log_lift_error)', 'degrees_of_freedom'
        ) }} as p_value
    from spread
    where
        degrees_of_freedom > 0
        and undefined_count = 0
        and log_lift_error > 0

)

select * from tested
