with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

-- A year is a circle of 365.25 days, so that 31 December and 1 January touch.
days_placed as (

    select
        customer_id,
        as_of_date,
        2 * pi() * (extract(doy from as_of_date) - 1) / 365.25 as angle
    from customers

),

measured as (

    select
        customer_id,
        as_of_date,
        round(sin(angle), 9) as season_sin,
        round(cos(angle), 9) as season_cos
    from days_placed

)

select * from measured
