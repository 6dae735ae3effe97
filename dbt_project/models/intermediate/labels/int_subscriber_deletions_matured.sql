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

deletions as (

    {{ deleted_within_horizons('horizons', 'records', 'links') }}

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
