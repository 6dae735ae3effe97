with

horizons as (

    select * from {{ ref('int_subscription_horizons_matured') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

-- What ends after the horizon runs as far as the label is concerned.
matured as (

    select
        horizons.as_of_date,
        subscriptions.subscription_id,
        subscriptions.customer_id,
        subscriptions.started_date,
        subscriptions.started_at,
        case
            when subscriptions.ended_date < horizons.horizon_end_date
                then subscriptions.ended_date
        end as ended_date
    from horizons
    inner join subscriptions
        on
            horizons.outcome_end_date > subscriptions.started_date
            and horizons.matured_date >= subscriptions.known_from
            and horizons.matured_date < subscriptions.known_to

),

identified as (

    select
        matured.as_of_date,
        matured.subscription_id,
        {{ person('matured', 'links') }} as customer_id,
        matured.started_date,
        matured.started_at,
        matured.ended_date
    from matured
    left join links on {{ is_linked('matured', 'links') }}

)

select * from identified
