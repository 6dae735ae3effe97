with

surveys as (

    select * from {{ ref('int_surveys_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

ticket_scores as (

    select * from {{ ref('int_ticket_scores_kept') }}
    where as_of_date = {{ as_of_date() }}

),

kinds as (

    {{ kpi_periods() }}

),

answers_unioned as (

    select
        customer_id,
        survey,
        score,
        responded_date as answered_date,
        responded_at as answered_at,
        'surveys ' || response_id as answer_id
    from surveys
    union all
    select
        customer_id,
        'csat' as survey,
        csat_score as score,
        resolved_date as answered_date,
        resolved_at as answered_at,
        'tickets ' || ticket_id as answer_id
    from ticket_scores

),

answers_placed_in_periods as (

    select
        answers_unioned.*,
        kinds.period,
        {{ period_start('kinds.period', 'answers_unioned.answered_date') }}
            as period_start_date
    from answers_unioned
    cross join kinds
    where
        answers_unioned.customer_id is not null
        and answers_unioned.score is not null

),

answers_ranked as (

    select
        *,
        row_number() over (
            partition by
                customer_id,
                survey,
                period,
                case
                    when survey = 'nps' then period_start_date
                    else answered_date
                end
            order by answered_at desc nulls last, answer_id desc
        ) as answer_rank
    from answers_placed_in_periods

),

answers_kept as (

    select
        customer_id,
        period,
        period_start_date,
        case
            when survey = 'nps' and score >= 9 then 100
            when survey = 'nps' and score <= 6 then -100
            when survey = 'nps' then 0
        end as nps_points,
        case
            when survey = 'csat' and score >= 4 then 1
            when survey = 'csat' then 0
        end as csat_count,
        case when survey = 'ces' then score end as ces_score
    from answers_ranked
    where survey = 'ces' or answer_rank = 1

)

select * from answers_kept
