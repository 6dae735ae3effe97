with

customers as (

    select
        customer_id,
        as_of_date,
        {{ add_days(
            'as_of_date', var('horizon_days') + var('late_days')
        ) }} as matured_date
    from {{ ref('int_customers_qualified') }}
    where is_eligible

),

orders as (

    select * from {{ ref('int_orders_matured') }}

),

deletions as (

    select * from {{ ref('int_customer_deletions_matured') }}

),

treatments as (

    select * from {{ ref('int_treatments_matured') }}
    where churn_kind = 'purchase'

),

sources as (

    select * from {{ ref('int_sources_present') }}

),

returned as (

    select distinct
        as_of_date,
        customer_id
    from orders
    where is_completed

),

labelled as (

    select
        customers.customer_id,
        customers.as_of_date,
        case
            when
                customers.matured_date
                > {{ as_of_date() }}
                then null
            when deletions.customer_id is not null then null
            else returned.customer_id is null
        end as is_churned
    from customers
    left join returned
        on
            customers.as_of_date = returned.as_of_date
            and customers.customer_id = returned.customer_id
    left join deletions
        on
            customers.as_of_date = deletions.as_of_date
            and customers.customer_id = deletions.customer_id

),

treated as (

    select
        labelled.customer_id,
        labelled.as_of_date,
        labelled.is_churned,
        {{ treated_as_known('labelled', 'treatments', 'sources') }}
            as is_treated
    from labelled
    inner join sources on labelled.as_of_date = sources.as_of_date
    left join treatments
        on
            labelled.as_of_date = treatments.as_of_date
            and labelled.customer_id = treatments.customer_id

)

select * from treated
