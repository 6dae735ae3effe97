with

scores as (

    select * from {{ ref('feature_customer__churn_risk') }}
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
        {{ score_columns() }}
    from scores
    inner join versions
        on
            scores.model_name = versions.model_name
            and scores.model_version = versions.model_version

)

select * from listed
