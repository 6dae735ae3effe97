with

days as (

    select
        as_of_date,
        {{ add_days('as_of_date', var('horizon_days')) }} as horizon_end_date,
        {{ add_days(
            'as_of_date', var('horizon_days') + var('late_days')
        ) }} as matured_date
    from {{ ref('as_of_dates') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

matured as (

    select
        days.as_of_date,
        customers.customer_id,
        min(customers.deleted_date) as deleted_date
    from days
    inner join customers
        on
            customers.deleted_date >= days.as_of_date
            and customers.deleted_date < days.horizon_end_date
            and customers.known_from <= days.matured_date
            and customers.known_to > days.matured_date
    where days.matured_date <= cast('{{ var("as_of_date") }}' as date)
    group by days.as_of_date, customers.customer_id

)

select * from matured
