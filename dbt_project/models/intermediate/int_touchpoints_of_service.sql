with

tickets as (

    select
        *,
        {{ dbt.dateadd('day', var('friction_days'), 'opened_at') }}
            as patience_ends_at
    from {{ ref('int_tickets_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

surveys as (

    select * from {{ ref('int_surveys_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

ticket_scores as (

    select * from {{ ref('int_ticket_scores_kept') }}

),

tickets_judged as (

    select
        tickets.*,
        case
            when coalesce(tickets.resolved_at > tickets.patience_ends_at, true)
                then tickets.patience_ends_at
        end as overdue_at,
        {{ sentiment_of('ticket_scores.csat_score', 2, 4) }} as sentiment
    from tickets
    left join ticket_scores on tickets.ticket_id = ticket_scores.ticket_id

),

surveys_judged as (

    select
        *,
        case survey
            when 'nps' then {{ sentiment_of('score', 6, 9) }}
            when 'csat' then {{ sentiment_of('score', 2, 4) }}
            when 'ces' then {{ sentiment_of('score', 3, 5) }}
        end as sentiment
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
