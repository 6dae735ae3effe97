with

scorings as (

    select * from {{ source('scores', 'scorings') }}
    where as_of_date = {{ as_of_date() }}

),

predictions as (

    select * from {{ source('scores', 'predictions') }}
    where as_of_date = {{ as_of_date() }}

),

customer_values as (

    select * from {{ source('scores', 'customer_value') }}
    where as_of_date = {{ as_of_date() }}

),

populations as (

    select * from {{ ref('int_populations_unioned') }}
    where as_of_date = {{ as_of_date() }}

),

joined as (

    select
        populations.customer_id,
        scorings.as_of_date,
        scorings.model_name,
        scorings.model_version,
        scorings.is_champion,
        predictions.churn_risk,
        predictions.raw_score,
        predictions.risk_decile,
        predictions.risk_band,
        populations.is_eligible,
        populations.ineligible_reason,
        scorings.base_rate,
        customer_values.expected_value_365d,
        predictions.reasons_by,
        predictions.reason_1_feature,
        predictions.reason_1_value,
        predictions.reason_1_contribution,
        predictions.reason_1_sentence,
        predictions.reason_2_feature,
        predictions.reason_2_value,
        predictions.reason_2_contribution,
        predictions.reason_2_sentence,
        predictions.reason_3_feature,
        predictions.reason_3_value,
        predictions.reason_3_contribution,
        predictions.reason_3_sentence,
        predictions.previous_as_of_date,
        predictions.previous_risk,
        predictions.change_by_data,
        predictions.change_by_model,
        predictions.change_sentence,
        scorings.horizon_days,
        scorings.feature_set_hash,
        scorings.scored_at,
        predictions.churn_risk * customer_values.expected_value_365d_if_retained
            as value_at_risk
    from scorings
    inner join populations on scorings.population = populations.population
    left join predictions
        on
            populations.customer_id = predictions.customer_id
            and scorings.model_name = predictions.model_name
            and scorings.model_version = predictions.model_version
    left join customer_values
        on populations.customer_id = customer_values.customer_id

)

select * from joined
