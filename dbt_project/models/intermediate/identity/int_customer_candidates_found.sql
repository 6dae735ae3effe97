{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

claims as (

    select * from {{ ref('int_customer_claims_found') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

doubted as (

    select * from {{ ref('int_customers_doubted') }}

),

versions as (

    select customers.*
    from customers
    inner join doubted on customers.customer_id = doubted.customer_id

),

known as (

    select
        days.as_of_date,
        versions.source_system,
        versions.customer_id as source_customer_id,
        versions.address,
        versions.created_date,
        coalesce(claims.customer_id, versions.customer_id) as customer_id,
        coalesce(versions.deleted_date < days.as_of_date, false) as is_deleted
    from days
    inner join versions
        on
            coalesce(days.as_of_date > versions.created_date, true)
            and {{ known_on_day('versions') }}
    left join claims
        on
            days.as_of_date = claims.as_of_date
            and versions.customer_id = claims.source_customer_id

),

gone_found as (

    select
        *,
        bool_and(is_deleted) over (
            partition by as_of_date, source_system, customer_id
        ) as is_gone
    from known

),

addresses_left as (

    select
        as_of_date,
        source_system,
        source_customer_id,
        customer_id,
        created_date,
        case
            when
                not is_gone
                or bool_and(is_gone) over (
                    partition by as_of_date, source_system, address
                )
                then address
        end as address
    from gone_found

),

repeats_found as (

    select
        *,
        address is not null
        and min(customer_id) over holders != max(customer_id) over holders
            as is_repeated
    from addresses_left
    window holders as (partition by as_of_date, source_system, address)

),

crowds_found as (

    select
        *,
        bool_or(is_repeated) over (
            partition by as_of_date, address
        ) as is_crowded
    from repeats_found

)

select * from crowds_found
