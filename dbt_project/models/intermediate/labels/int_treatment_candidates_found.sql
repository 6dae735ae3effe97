with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

loyalty_events as (

    select * from {{ ref('stg_loyalty_events') }}

),

active_campaigns as (

    select distinct campaign_id
    from campaigns
    where retention_mode = 'active'

),

directed as (

    select
        *,
        {{ message_direction() }} as known_direction
    from interactions

),

reaches as (

    select
        customer_id,
        campaign_id,
        {{ own_retention_mode() }} as own_retention_mode,
        occurred_date,
        known_from,
        known_to
    from directed
    where
        known_direction = 'out'
        and ({{ is_reach() }})

),

rewards as (

    select
        customer_id,
        cast(null as varchar) as campaign_id,
        'active' as own_retention_mode,
        occurred_date,
        known_from,
        known_to
    from loyalty_events
    where {{ is_loyalty_reward() }}

),

-- Most messages are of no campaign that was ever active: they are dropped
-- before anybody joins days to them.
candidates as (

    select reaches.*
    from reaches
    left join active_campaigns
        on reaches.campaign_id = active_campaigns.campaign_id
    where
        active_campaigns.campaign_id is not null
        or reaches.own_retention_mode = 'active'
    union all
    select * from rewards

)

select * from candidates
