with

days as (

    select * from {{ ref('as_of_dates') }}

),

leads as (

    select * from {{ ref('stg_leads') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

leads_known as (

    select
        days.as_of_date,
        leads.lead_id,
        leads.customer_id,
        leads.campaign_id,
        leads.source_system,
        leads.lead_source,
        leads.created_date,
        {{ timed_on_day('won_date', 'won_date', 'leads') }} as won_date,
        {{ timed_on_day('lost_date', 'lost_date', 'leads') }} as lost_date,
        leads.known_from,
        leads.created_at,
        {{ timed_on_day('won_at', 'won_date', 'leads') }} as won_at,
        {{ timed_on_day('lost_at', 'lost_date', 'leads') }} as lost_at
    from days
    inner join leads
        on
            days.as_of_date > leads.created_date
            and {{ known_on_day('leads') }}

),

identified as (

    select
        leads_known.as_of_date,
        leads_known.lead_id,
        leads_known.source_system,
        leads_known.customer_id as source_customer_id,
        {{ person('leads_known', 'links') }} as customer_id,
        leads_known.campaign_id,
        leads_known.lead_source,
        leads_known.created_date,
        leads_known.won_date,
        leads_known.lost_date,
        leads_known.known_from,
        leads_known.created_at,
        leads_known.won_at,
        leads_known.lost_at
    from leads_known
    left join links on {{ is_linked('leads_known', 'links') }}

)

select * from identified
