with

tickets as (

    select * from {{ ref('int_tickets_as_known') }}

),

surveys as (

    select * from {{ ref('int_surveys_as_known') }}

),

ticket_scores as (

    select * from {{ ref('int_ticket_scores_kept') }}

),

tickets_judged as (

    select
        tickets.*,
        {{ ticket_overdue_at('tickets') }} as overdue_at,
        {{ ticket_sentiment('ticket_scores.csat_score') }} as sentiment
    from tickets
    left join ticket_scores
        on
            tickets.as_of_date = ticket_scores.as_of_date
            and tickets.ticket_id = ticket_scores.ticket_id

),

surveys_judged as (

    select
        *,
        {{ survey_sentiment() }} as sentiment
    from surveys

),

unioned as (

    {{ touchpoints_of(
        'tickets_judged', 'tickets', 'ticket_id',
        "'ticket_opened'", 'opened_at',
        channel="'support'",
        direction="'in'"
    ) }}
    union all
    {{ touchpoints_of(
        'tickets_judged', 'tickets', 'ticket_id',
        "'ticket_answered'", 'first_response_at',
        channel="'support'",
        direction="'out'",
        retention_mode="'passive'"
    ) }}
    union all
    {{ touchpoints_of(
        'tickets_judged', 'tickets', 'ticket_id',
        "'ticket_overdue'", 'overdue_at',
        channel="'support'",
        is_friction='true'
    ) }}
    union all
    {{ touchpoints_of(
        'tickets_judged', 'tickets', 'ticket_id',
        "'ticket_resolved'", 'resolved_at',
        channel="'support'",
        direction="'out'",
        retention_mode="'passive'",
        sentiment='sentiment',
        is_friction='sentiment = -1'
    ) }}
    union all
    {{ touchpoints_of(
        'surveys_judged', 'surveys', 'response_id',
        "'survey_' || survey", 'responded_at',
        channel="'survey'",
        direction="'in'",
        retention_mode="'active'",
        sentiment='sentiment',
        is_friction='sentiment = -1'
    ) }}

)

select * from unioned
