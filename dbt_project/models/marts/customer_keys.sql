with

identified as (

    select * from {{ ref('int_customers_identified') }}
    where as_of_date = {{ as_of_date() }}

),

keys as (

    select
        source_system,
        source_customer_id,
        customer_id,
        as_of_date,
        matched_by,
        collision
    from identified

)

select * from keys
