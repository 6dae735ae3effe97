with

versions as (

    select * from {{ source('scores', 'model_versions') }}
    where trained_as_of <= {{ as_of_date() }}

),

listed as (

    select
        model_name,
        model_version,
        kind,
        trained_as_of,
        -- Approved later than the edition's day: nobody knew of it then.
        case
            when promoted_as_of <= {{ as_of_date() }} then promoted_as_of
        end as promoted_as_of,
        grade,
        base_rate,
        training_rows,
        training_days,
        first_training_date,
        last_training_date,
        metrics,
        features,
        feature_set_hash,
        parameters,
        recipe,
        content_hash,
        model_sha256,
        run_id,
        created_at
    from versions

)

select * from listed
