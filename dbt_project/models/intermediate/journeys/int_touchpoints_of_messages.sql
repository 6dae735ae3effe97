with

interactions as (

    select * from {{ ref('int_interactions_as_known') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_as_known') }}

),

directed as (

    select
        *,
        {{ message_direction() }} as known_direction
    from interactions

),

reaches_seen as (

    select
        *,
        {{ is_reach() }} as is_reach
    from directed

),

joined as (

    select
        reaches_seen.interaction_id,
        reaches_seen.customer_id,
        reaches_seen.as_of_date,
        reaches_seen.source_system,
        reaches_seen.occurred_at,
        reaches_seen.known_from,
        reaches_seen.campaign_id,
        reaches_seen.channel,
        reaches_seen.known_direction as direction,
        case
            when reaches_seen.kind in (reaches_seen.channel, 'meeting')
                then reaches_seen.kind
            else reaches_seen.channel || '_' || reaches_seen.kind
        end as kind,
        reaches_seen.kind in ('bounce', 'unsubscribe') as is_friction,
        case
            when reaches_seen.is_reach
                then coalesce(
                    campaigns.retention_mode,
                    {{ own_retention_mode('reaches_seen') }}
                )
        end as retention_mode
    from reaches_seen
    left join campaigns
        on
            reaches_seen.as_of_date = campaigns.as_of_date
            and reaches_seen.campaign_id = campaigns.campaign_id

),

as_touchpoints as (

    {{ touchpoints_of(
        'joined', 'interactions', 'interaction_id', 'kind', 'occurred_at',
        channel='channel',
        direction='direction',
        retention_mode='retention_mode',
        campaign_id='campaign_id',
        is_friction='is_friction'
    ) }}

)

select * from as_touchpoints
