with

orders as (

    select * from {{ ref('orders') }}

),

order_lines as (

    select * from {{ ref('int_order_lines_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

products as (

    select * from {{ ref('int_products_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

first_orders as (

    select * from orders
    where is_completed and order_number = 1

),

coupons_known as (

    select count(coupon) > 0 as has_coupons from orders

),

categories_summed as (

    select
        first_orders.order_id,
        products.category,
        sum({{ times('order_lines.unit_price', 'order_lines.quantity') }})
            as amount
    from first_orders
    inner join order_lines on first_orders.order_id = order_lines.order_id
    inner join products on order_lines.product_id = products.product_id
    where products.category is not null
    group by first_orders.order_id, products.category

),

categories_leading as (

    select
        order_id,
        category
    from categories_summed
    qualify
        row_number() over (
            partition by order_id
            order by amount desc nulls last, category asc
        ) = 1

),

described as (

    select
        first_orders.customer_id,
        first_orders.channel,
        categories_leading.category,
        cast(extract(quarter from first_orders.order_date) as varchar)
            as first_quarter,
        case
            when coupons_known.has_coupons
                then
                    case
                        when first_orders.coupon is not null then 'with'
                        else 'without'
                    end
        end as coupon_use
    from first_orders
    cross join coupons_known
    left join categories_leading
        on first_orders.order_id = categories_leading.order_id

)

select * from described
