{#- What is published of a score: every column of the score table but who speaks, off the step `scores`. -#}
{% macro score_columns() -%}
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
{%- endmacro %}

{#- The scores that a model's champion gave on the day, each with where the customer stands: a mart of its own for each model. -#}
{% macro scores_of_the_day(model_name) -%}
with

scores as (

    select * from {{ source('scores', 'feature_customer__churn_risk') }}
    where
        as_of_date = {{ as_of_date() }}
        and is_champion
        and model_name = '{{ model_name }}'

),

customers as (

    select * from {{ ref('customers') }}

),

segments as (

    select * from {{ ref('segments') }}

),

joined as (

    select
        {{ score_columns() }},
        customers.lifecycle_state,
        customers.clm_stage,
        segments.rfm_segment,
        segments.value_tier,
        customers.country,
        customers.orders_count_365d,
        customers.spend_365d,
        customers.last_order_date
    from scores
    inner join customers on scores.customer_id = customers.customer_id
    left join segments on scores.customer_id = segments.customer_id

)

select * from joined
{%- endmacro %}
