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
            days.as_of_date <= customers.deleted_date
            and days.horizon_end_date > customers.deleted_date
            and days.matured_date >= customers.known_from
            and days.matured_date < customers.known_to
    where days.matured_date <= cast('{{ var("as_of_date") }}' as date)
    group by days.as_of_date, customers.customer_id

)

select * from matured
