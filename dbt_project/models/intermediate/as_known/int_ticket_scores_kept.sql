with

tickets as (

    select
        *,
        {{ dbt.dateadd('day', var('ticket_survey_days'), 'resolved_at') }}
            as survey_ends_at
    from {{ ref('int_tickets_as_known') }}
    where csat_score is not null and resolved_at is not null

),

surveys as (

    select * from {{ ref('int_surveys_as_known') }}
    where survey = 'csat' and score is not null

),

-- Systems deliver the rating of a ticket once more as an answer to a survey.
tickets_surveyed as (

    select distinct
        tickets.as_of_date,
        tickets.ticket_id
    from tickets
    inner join surveys
        on
            tickets.as_of_date = surveys.as_of_date
            and tickets.customer_id = surveys.customer_id
            and tickets.resolved_at <= surveys.responded_at
            and tickets.survey_ends_at >= surveys.responded_at

),

scores_kept as (

    select
        tickets.as_of_date,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.csat_score,
        tickets.resolved_date,
        tickets.resolved_at
    from tickets
    left join tickets_surveyed
        on
            tickets.as_of_date = tickets_surveyed.as_of_date
            and tickets.ticket_id = tickets_surveyed.ticket_id
    where tickets_surveyed.ticket_id is null

)

select * from scores_kept
