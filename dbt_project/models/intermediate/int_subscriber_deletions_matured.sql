with

horizons as (

    select * from {{ ref('int_subscription_horizons_matured') }}

),

records as (

    select * from {{ ref('stg_customers') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

subscribers as (

    select * from {{ ref('int_subscribers_qualified') }}
    where is_eligible

),

matured as (

    select
        horizons.as_of_date,
        records.source_system,
        records.customer_id,
        case
            when records.deleted_date < horizons.horizon_end_date
                then records.deleted_date
        end as deleted_date,
        coalesce(
            horizons.as_of_date <= records.deleted_date
            or horizons.as_of_date < records.known_from,
            false
        ) as is_news
    from horizons
    inner join records
        on
            horizons.matured_date >= records.known_from
            and horizons.matured_date < records.known_to

),

deletions as (

    select
        matured.as_of_date,
        {{ person('matured') }} as customer_id,
        matured.source_system,
        max(matured.deleted_date) as deleted_date
    from matured
    left join links on {{ is_linked('matured') }}
    group by
        matured.as_of_date,
        {{ person('matured') }},
        matured.source_system
    having
        count(*) = count(matured.deleted_date)
        and bool_or(matured.is_news)

),

of_subscribers as (

    select
        deletions.as_of_date,
        deletions.customer_id,
        min(deletions.deleted_date) as deleted_date
    from deletions
    inner join subscribers
        on
            deletions.as_of_date = subscribers.as_of_date
            and deletions.customer_id = subscribers.customer_id
            and coalesce(
                deletions.deleted_date >= subscribers.last_order_date, true
            )
    group by deletions.as_of_date, deletions.customer_id

)

select * from of_subscribers
