with

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where as_of_date = {{ as_of_date() }}

),

orders as (

    select * from {{ ref('orders') }}

),

lives as (

    select
        customer_id,
        coalesce({{ add_days('first_event_date', 1) }}, as_of_date) as life_from
    from customers

),

starts as (

    select
        customer_id,
        life_from as era_from
    from lives
    union
    select
        customer_id,
        {{ add_days('cancelled_date', 1) }} as era_from
    from orders
    where cancelled_date is not null

),

eras as (

    select
        customer_id,
        era_from,
        coalesce(
            lead(era_from) over (
                partition by customer_id
                order by era_from
            ),
            cast('9999-12-31' as date)
        ) as era_to
    from starts

)

select * from eras
