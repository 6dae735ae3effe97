{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

customers as (

    select * from {{ ref('stg_customers') }}
    where also_known_as is not null

),

claims as (

    select
        days.as_of_date,
        customers.customer_id,
        min(customers.also_known_as) as claimed_key
    from days
    inner join customers
        on
            coalesce(days.as_of_date > customers.created_date, true)
            and {{ known_on_day('customers') }}
    group by days.as_of_date, customers.customer_id

),

claims_followed as (

    select
        claims.as_of_date,
        claims.customer_id as source_customer_id,
        case
            when further.claimed_key = claims.customer_id
                then least(claims.customer_id, claims.claimed_key)
            else coalesce(further.claimed_key, claims.claimed_key)
        end as customer_id
    from claims
    left join claims as further
        on
            claims.as_of_date = further.as_of_date
            and claims.claimed_key = further.customer_id

),

others_claimed as (

    select * from claims_followed
    where customer_id != source_customer_id

)

select * from others_claimed
