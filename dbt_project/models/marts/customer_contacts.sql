with

customers as (

    select * from {{ ref('int_customers_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

deleted as (

    select * from {{ ref('int_customers_qualified') }}
    where
        as_of_date = {{ as_of_date() }}
        and deleted_date is not null

),

contacts as (

    select
        customers.customer_id,
        customers.as_of_date,
        customers.email,
        customers.first_name,
        customers.last_name,
        customers.phone,
        customers.birth_date
    from customers
    left join deleted on customers.customer_id = deleted.customer_id
    where deleted.customer_id is null

)

select * from contacts
