with

days as (

    select * from {{ ref('as_of_dates') }}

),

interactions as (

    select * from {{ ref('stg_interactions') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

interactions_known as (

    select
        days.as_of_date,
        interactions.interaction_id,
        interactions.customer_id,
        interactions.campaign_id,
        interactions.source_system,
        interactions.channel,
        interactions.kind,
        interactions.direction,
        interactions.occurred_date,
        interactions.known_from,
        interactions.occurred_at
    from days
    inner join interactions
        on
            days.as_of_date > interactions.occurred_date
            and {{ known_on_day('interactions') }}

),

identified as (

    select
        interactions_known.as_of_date,
        interactions_known.interaction_id,
        interactions_known.source_system,
        interactions_known.customer_id as source_customer_id,
        {{ person('interactions_known', 'links') }} as customer_id,
        interactions_known.campaign_id,
        interactions_known.channel,
        interactions_known.kind,
        interactions_known.direction,
        interactions_known.occurred_date,
        interactions_known.known_from,
        interactions_known.occurred_at
    from interactions_known
    left join links on {{ is_linked('interactions_known', 'links') }}

)

select * from identified
