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

claims_made as (

    select distinct
        customer_id,
        also_known_as
    from customers
    where also_known_as is not null

),

names_ever as (

    select
        customer_id,
        coalesce(also_known_as, customer_id) as known_as
    from customers
    union
    select
        claims_made.customer_id,
        further.also_known_as as known_as
    from claims_made
    inner join claims_made as further
        on claims_made.also_known_as = further.customer_id

),

addresses_ever as (

    select distinct
        names_ever.known_as,
        customers.source_system,
        customers.address
    from customers
    inner join names_ever on customers.customer_id = names_ever.customer_id
    where customers.address is not null

),

addresses_shared as (

    select address
    from addresses_ever
    group by address
    having min(known_as) != max(known_as)

),

names_in_doubt as (

    select addresses_ever.known_as
    from addresses_ever
    inner join addresses_shared
        on addresses_ever.address = addresses_shared.address
    union
    select known_as
    from addresses_ever
    group by known_as
    having
        min(address) != max(address)
        and min(source_system) != max(source_system)

),

candidates as (

    select distinct names_ever.customer_id
    from names_ever
    inner join names_in_doubt on names_ever.known_as = names_in_doubt.known_as

),

versions as (

    select customers.*
    from customers
    inner join candidates on customers.customer_id = candidates.customer_id

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
