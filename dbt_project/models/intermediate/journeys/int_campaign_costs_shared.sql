with

campaigns as (

    select * from {{ ref('int_campaigns_as_known') }}

),

touchpoints as (

    select * from {{ ref('int_touchpoints_of_messages') }}
    where retention_mode is not null and campaign_id is not null

),

touches_counted as (

    select
        as_of_date,
        campaign_id,
        count(*) as touches_count
    from touchpoints
    group by as_of_date, campaign_id

),

costs_shared as (

    select
        campaigns.as_of_date,
        campaigns.campaign_id,
        {{ cost_of_a_touch(
            'campaigns.campaign_cost', 'touches_counted.touches_count'
        ) }}
    from campaigns
    inner join touches_counted
        on
            campaigns.as_of_date = touches_counted.as_of_date
            and campaigns.campaign_id = touches_counted.campaign_id

)

select * from costs_shared
