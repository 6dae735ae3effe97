{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

customers as (

    select
        *,
        case when email like '%_@_%' then email end as address
    from {{ ref('stg_customers') }}

),

addresses_shared as (

    select address
    from customers
    where address is not null
    group by address
    having min(customer_id) != max(customer_id)

),

candidates as (

    select customers.customer_id
    from customers
    inner join addresses_shared
        on customers.address = addresses_shared.address
    union
    select customer_id
    from customers
    where address is not null
    group by customer_id
    having
        min(address) != max(address)
        and min(source_system) != max(source_system)

),

versions as (

    select
        customers.customer_id,
        customers.source_system,
        customers.address,
        customers.created_date,
        customers.known_from,
        customers.known_to
    from customers
    inner join candidates on customers.customer_id = candidates.customer_id

),

known as (

    select
        days.as_of_date,
        versions.customer_id,
        versions.source_system,
        versions.address,
        versions.created_date
    from days
    inner join versions
        on
            coalesce(days.as_of_date > versions.created_date, true)
            and {{ known_on_day('versions') }}

),

repeats_found as (

    select
        *,
        address is not null
        and min(customer_id) over holders != max(customer_id) over holders
            as is_repeated
    from known
    window holders as (partition by as_of_date, source_system, address)

),

crowds_found as (

    select
        as_of_date,
        customer_id,
        source_system,
        address,
        created_date,
        max(cast(is_repeated as int)) over (
            partition by as_of_date, address
        ) = 1 as is_crowded
    from repeats_found

)

select * from crowds_found
