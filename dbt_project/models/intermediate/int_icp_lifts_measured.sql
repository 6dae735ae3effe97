{{ config(materialized='table') }}

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

-- As many more or fewer among the best as chance brings one time in twenty.
lifts_judged as (

    select
        trait,
        trait_value,
        customers_count,
        best_count,
        lift,
        cast(ln(lift) as decimal(18, 9)) as log_lift,
        power(best_count - best_total * customers_share, 2)
        > 3.84 * best_total * customers_share
        * (1 - customers_share) * (1 - best_share) as is_telling
    from lifts

)

select * from lifts_judged
