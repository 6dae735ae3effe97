with

days as (

    select * from {{ ref('as_of_dates') }}

),

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

campaigns_known as (

    select
        days.as_of_date,
        campaigns.campaign_id,
        campaigns.source_system,
        campaigns.campaign_name,
        campaigns.channel,
        campaigns.retention_mode,
        {{ current_on_day('campaign_cost', 'campaigns') }} as campaign_cost,
        campaigns.started_date,
        campaigns.ended_date,
        campaigns.known_from
    from days
    inner join campaigns on {{ known_on_day('campaigns') }}

)

select * from campaigns_known
