with

purchase_horizons as (

    select * from {{ ref('int_horizons_matured') }}

),

subscription_horizons as (

    select * from {{ ref('int_subscription_horizons_matured') }}

),

candidates as (

    select * from {{ ref('int_treatment_candidates_found') }}
    where customer_id is not null

),

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

horizons as (

    select
        'purchase' as churn_kind,
        as_of_date,
        horizon_end_date,
        matured_date
    from purchase_horizons
    union all
    select
        'subscription' as churn_kind,
        as_of_date,
        horizon_end_date,
        matured_date
    from subscription_horizons

),

treatments as (

    select
        horizons.churn_kind,
        horizons.as_of_date,
        candidates.customer_id,
        candidates.occurred_date
    from horizons
    inner join candidates
        on
            horizons.as_of_date <= candidates.occurred_date
            and horizons.horizon_end_date > candidates.occurred_date
            and horizons.matured_date >= candidates.known_from
            and horizons.matured_date < candidates.known_to
    left join campaigns
        on
            candidates.campaign_id = campaigns.campaign_id
            and horizons.matured_date >= campaigns.known_from
            and horizons.matured_date < campaigns.known_to
    where
        coalesce(campaigns.retention_mode, candidates.own_retention_mode)
        = 'active'

),

identified as (

    select
        treatments.churn_kind,
        treatments.as_of_date,
        {{ person('treatments', 'links') }} as customer_id,
        min(treatments.occurred_date) as first_treated_date
    from treatments
    left join links on {{ is_linked('treatments', 'links') }}
    group by
        treatments.churn_kind,
        treatments.as_of_date,
        {{ person('treatments', 'links') }}

)

select * from identified
