with

traits as (

    select * from {{ ref('int_icp_traits_unioned') }}

),

scores as (

    select * from {{ ref('int_rfm_scores_taken') }}
    where spend is not null

),

spenders_ranked as (

    select
        customer_id,
        (row_number() over (order by spend desc, customer_id asc) - 1) * 10
        < count(*) over () as is_best
    from scores

),

values_counted as (

    select
        traits.trait,
        traits.trait_value,
        count(*) as customers_count,
        count(*) filter (where spenders_ranked.is_best) as best_count
    from traits
    inner join spenders_ranked
        on traits.customer_id = spenders_ranked.customer_id
    group by traits.trait, traits.trait_value

),

shares_taken as (

    select
        *,
        {{ ratio(
            'customers_count',
            'sum(customers_count) over (partition by trait)'
        ) }} as customers_share,
        sum(best_count) over (partition by trait) as best_total,
        {{ ratio(
            'sum(best_count) over (partition by trait)',
            'sum(customers_count) over (partition by trait)'
        ) }} as best_share
    from values_counted

),

lifts as (

    select
        *,
        (
            best_count
            + {{ icp_smoothing_customers() }} * customers_share
        ) / (best_total + {{ icp_smoothing_customers() }})
        / customers_share as lift
    from shares_taken

),

deviations as (

    select
        *,
        best_total * customers_share as best_expected,
        sqrt(
            best_total
            * customers_share
            * (1 - customers_share)
            * (1 - best_share)
        ) as best_deviation
    from lifts

),

-- By the normal approximation, with the correction for counts being whole.
tested as (

    select
        *,
        case
            when
                best_expected >= {{ fewest_expected_best() }}
                and best_total - best_expected >= {{ fewest_expected_best() }}
                and best_deviation > 0
                then {{ normal_p_value(
                    'greatest(abs(best_count - best_expected) - 0.5e0, 0.0e0)'
                    ~ ' / best_deviation'
                ) }}
        end as p_value
    from deviations

)

select * from tested
