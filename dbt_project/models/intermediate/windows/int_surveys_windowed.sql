with

surveys as (

    select * from {{ ref('int_surveys_as_known') }}
    where
        {{ is_read_within('responded_date', longest_feature_window()) }}
        and customer_id is not null
        and score is not null

),

answers_ranked as (

    select
        as_of_date,
        customer_id,
        survey,
        score,
        responded_date,
        {{ days_between('responded_date', 'as_of_date') }}
            as age_days,
        {{ survey_sentiment() }} = -1 as is_bad,
        row_number() over (
            partition by as_of_date, customer_id, survey
            order by responded_at desc, source_system desc, response_id desc
        ) as recency_rank
    from surveys

),

windowed as (

    select
        as_of_date,
        customer_id,
        count(*) as survey_answers_count_365d,
        {{ counted_in_windows(
            'bad_survey_answers_count', 'responded_date', 'is_bad', [90, 365]
        ) }},
        {%- for survey in ['nps', 'csat', 'ces'] %}
            max(score) filter (
                where survey = '{{ survey }}' and recency_rank = 1
            ) as last_{{ survey }}_score_365d,
        {%- endfor %}
        max(score) filter (
            where survey = 'nps' and recency_rank = 2
        ) as previous_nps_score_365d,
        bool_or(recency_rank = 1 and is_bad) filter (where survey = 'nps')
            as is_nps_detractor,
        min(age_days) filter (where survey = 'nps')
            as days_since_last_nps_answer,
        {{ ratio(
            "sum(score) filter (where survey = 'csat')",
            "count(*) filter (where survey = 'csat')"
        ) }} as mean_csat_score_365d
    from answers_ranked
    group by as_of_date, customer_id

)

select * from windowed
