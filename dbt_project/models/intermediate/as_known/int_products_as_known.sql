with

days as (

    select * from {{ ref('as_of_dates') }}

),

products as (

    select * from {{ ref('stg_products') }}

),

products_known as (

    select
        days.as_of_date,
        products.product_id,
        products.source_system,
        {{ current_on_day('product_name', 'products') }} as product_name,
        {{ current_on_day('category', 'products') }} as category,
        {{ current_on_day('unit_cost', 'products') }} as unit_cost
    from days
    inner join products on {{ known_on_day('products') }}

)

select * from products_known
