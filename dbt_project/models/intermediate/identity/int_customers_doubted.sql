with

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

doubted as (

    select distinct names_ever.customer_id
    from names_ever
    inner join names_in_doubt on names_ever.known_as = names_in_doubt.known_as

)

select * from doubted
