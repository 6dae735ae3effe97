{{ config(materialized='table') }}

with

claims as (

    select * from {{ ref('int_customer_claims_found') }}

),

judged as (

    select * from {{ ref('int_customer_circles_judged') }}

),

names as (

    select
        as_of_date,
        source_customer_id,
        customer_id
    from claims
    union all
    select
        judged.as_of_date,
        judged.customer_id as source_customer_id,
        judged.customer_id
    from judged
    left join claims
        on
            judged.as_of_date = claims.as_of_date
            and judged.customer_id = claims.source_customer_id
    where claims.source_customer_id is null

),

identified as (

    select
        names.as_of_date,
        names.source_customer_id,
        judged.collision,
        coalesce(judged.person_id, names.customer_id) as customer_id,
        case
            when judged.person_id != names.customer_id then 'email'
            else 'customer_id'
        end as matched_by
    from names
    left join judged
        on
            names.as_of_date = judged.as_of_date
            and names.customer_id = judged.customer_id

),

links as (

    select * from identified
    where customer_id != source_customer_id or collision is not null

)

select * from links
