with

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where as_of_date = {{ as_of_date() }}

),

attributes as (

    select * from {{ ref('int_customers_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

first_orders as (

    select * from {{ ref('int_icp_first_orders_described') }}

),

joined as (

    select
        customers.customer_id,
        attributes.acquisition_channel,
        first_orders.channel,
        first_orders.category,
        first_orders.coupon_use,
        first_orders.first_quarter,
        case when customers.deleted_date is null then attributes.country end
            as country
    from customers
    left join attributes on customers.customer_id = attributes.customer_id
    left join first_orders on customers.customer_id = first_orders.customer_id

),

unioned as (

    {% for trait, (column, words) in icp_traits().items() -%}
        select
            customer_id,
            '{{ trait }}' as trait,
            {{ column }} as trait_value,
            {{ words }} as trait_words
        from joined
        where {{ column }} is not null
        {%- if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

)

select * from unioned
