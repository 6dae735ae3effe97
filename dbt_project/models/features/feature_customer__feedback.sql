with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

surveys as (

    select * from {{ ref('int_surveys_windowed') }}

),

ticket_scores as (

    select * from {{ ref('int_ticket_scores_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        surveys.last_nps_score_365d,
        surveys.last_nps_score_365d - surveys.previous_nps_score_365d
            as nps_change_365d,
        surveys.days_since_last_nps_answer,
        surveys.is_nps_detractor,
        surveys.last_csat_score_365d,
        surveys.mean_csat_score_365d,
        surveys.last_ces_score_365d,
        {%- for count in [
            'survey_answers_count_365d', 'bad_survey_answers_count_90d',
            'bad_survey_answers_count_365d',
        ] %}
            {{ counted_if('surveys.' ~ count, 'customers.has_surveys') }}
                as {{ count }},
        {%- endfor %}
        {%- for days in [90, 365] %}
            {{ counted_if(
                'ticket_scores.bad_ticket_scores_count_' ~ days ~ 'd',
                'customers.has_tickets'
            ) }} as bad_ticket_scores_count_{{ days }}d,
        {%- endfor %}
        ticket_scores.last_ticket_csat_score_365d,
        ticket_scores.mean_ticket_csat_score_365d
    from customers
    left join surveys
        on
            customers.as_of_date = surveys.as_of_date
            and customers.customer_id = surveys.customer_id
    left join ticket_scores
        on
            customers.as_of_date = ticket_scores.as_of_date
            and customers.customer_id = ticket_scores.customer_id

)

select * from measured
