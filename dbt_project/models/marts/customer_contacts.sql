with

customers as (

    select * from {{ ref('int_customers_as_known') }}
    where
        as_of_date = cast('{{ var("as_of_date") }}' as date)
        and deleted_date is null

),

contacts as (

    select
        customer_id,
        as_of_date,
        email,
        first_name,
        last_name,
        phone,
        birth_date
    from customers

)

select * from contacts
