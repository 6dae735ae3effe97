with

horizons as (

    select * from {{ ref('int_horizons_matured') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

matured as (

    select
        horizons.as_of_date,
        customers.customer_id,
        customers.deleted_date
    from horizons
    inner join customers
        on
            horizons.as_of_date <= customers.deleted_date
            and horizons.horizon_end_date > customers.deleted_date
            and horizons.matured_date >= customers.known_from
            and horizons.matured_date < customers.known_to

),

identified as (

    select
        matured.as_of_date,
        {{ person('matured') }} as customer_id,
        min(matured.deleted_date) as deleted_date
    from matured
    left join links on {{ is_linked('matured') }}
    group by matured.as_of_date, {{ person('matured') }}

)

select * from identified
