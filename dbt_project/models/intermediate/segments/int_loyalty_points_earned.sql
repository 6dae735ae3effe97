with

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where as_of_date = {{ as_of_date() }}

),

loyalty_events as (

    select * from {{ ref('int_loyalty_events_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

source as (

    select count(*) as events_count from loyalty_events

),

points_summed as (

    select
        customer_id,
        sum(points) as points
    from loyalty_events
    where
        kind = 'earn'
        and occurred_date >= {{ add_days(as_of_date(), -365) }}
    group by customer_id

),

points_of_all as (

    select
        customers.customer_id,
        cast(coalesce(points_summed.points, 0) as decimal(38, 4))
            as loyalty_points_365d
    from customers
    inner join source on source.events_count > 0
    left join points_summed
        on customers.customer_id = points_summed.customer_id

),

tiered as (

    select
        customer_id,
        loyalty_points_365d,
        case
            when loyalty_points_365d >= {{ var('loyalty_gold_points') }}
                then 'gold'
            when loyalty_points_365d >= {{ var('loyalty_silver_points') }}
                then 'silver'
            else 'basic'
        end as loyalty_tier
    from points_of_all

)

select * from tiered
