with

customers as (

    select * from {{ ref('int_customers_qualified') }}

),

subscribers as (

    select * from {{ ref('int_subscribers_qualified') }}

),

unioned as (

    select
        'int_customers_qualified' as population,
        as_of_date,
        customer_id,
        is_eligible,
        ineligible_reason
    from customers
    union all
    select
        'int_subscribers_qualified' as population,
        as_of_date,
        customer_id,
        is_eligible,
        ineligible_reason
    from subscribers

)

select * from unioned
