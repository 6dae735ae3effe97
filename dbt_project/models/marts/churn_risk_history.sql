with

scores as (

    select * from {{ source('scores', 'feature_customer__churn_risk') }}
    where
        as_of_date <= {{ as_of_date() }}
        and is_champion
        and model_name = 'churn_risk'

),

-- What a run with other parameters said of its day answers another question.
versions as (

    select * from {{ source('scores', 'model_versions') }}
    where
        parameters = '{{ tojson(
            {
                "horizon_days": var("horizon_days"),
                "eligible_days": var("eligible_days"),
                "late_days": var("late_days"),
            },
            sort_keys=true
        ) }}'

),

listed as (

    select
        scores.customer_id,
        scores.as_of_date,
        scores.model_name,
        scores.model_version,
        scores.churn_risk,
        scores.raw_score,
        scores.risk_decile,
        scores.risk_band,
        scores.is_eligible,
        scores.ineligible_reason,
        scores.base_rate,
        scores.expected_value_365d,
        scores.value_at_risk,
        scores.reasons_by,
        scores.reason_1_feature,
        scores.reason_1_value,
        scores.reason_1_contribution,
        scores.reason_1_sentence,
        scores.reason_2_feature,
        scores.reason_2_value,
        scores.reason_2_contribution,
        scores.reason_2_sentence,
        scores.reason_3_feature,
        scores.reason_3_value,
        scores.reason_3_contribution,
        scores.reason_3_sentence,
        scores.previous_as_of_date,
        scores.previous_risk,
        scores.change_by_data,
        scores.change_by_model,
        scores.change_sentence,
        scores.horizon_days,
        scores.feature_set_hash,
        scores.scored_at
    from scores
    inner join versions
        on
            scores.model_name = versions.model_name
            and scores.model_version = versions.model_version

)

select * from listed
