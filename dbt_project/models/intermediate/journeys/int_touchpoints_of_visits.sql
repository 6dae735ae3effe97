with

leads as (

    select * from {{ ref('int_leads_as_known') }}

),

sessions as (

    select * from {{ ref('int_sessions_as_known') }}

),

unioned as (

    {{ touchpoints_of(
        'leads', 'leads', 'lead_id', "'lead_created'", 'created_at',
        channel="'sales'",
        direction="'in'",
        campaign_id='campaign_id'
    ) }}
    union all
    {{ touchpoints_of(
        'leads', 'leads', 'lead_id', "'lead_won'",
        not_before('won_at', 'created_at'),
        channel="'sales'",
        direction="'in'",
        campaign_id='campaign_id'
    ) }}
    union all
    {{ touchpoints_of(
        'leads', 'leads', 'lead_id', "'lead_lost'",
        not_before('lost_at', 'created_at'),
        channel="'sales'",
        campaign_id='campaign_id'
    ) }}
    union all
    {{ touchpoints_of(
        'sessions', 'sessions', 'session_id', "'session'", 'started_at',
        channel="'web'",
        direction="'in'"
    ) }}

)

select * from unioned
