with

measures as (

    select * from {{ ref('int_rfm_measures_ranged') }}
    where valid_to is null

),

customers as (

    select * from {{ ref('int_rfm_customers_numbered') }}

),

cuts as (

    select * from {{ ref('int_rfm_cuts_frozen') }}
    where
        month_from <= {{ as_of_date() }}
        and month_to > {{ as_of_date() }}

),

measures_of_day as (

    select
        *,
        {{ days_between('last_order_date', as_of_date()) }}
            as recency_days
    from measures

),

measures_signed as (

    select
        *,
        -recency_days as freshness
    from measures_of_day

),

scored as (

    select
        customers.customer_id,
        cast(measures.recency_days as bigint) as recency_days,
        measures.orders_count,
        measures.spend
        {%- for measure, value in rfm_measures().items() %}
            ,
            {{ rfm_score(measure, 'measures.' ~ value, 'measures') }}
                as {{ measure }}_score
        {%- endfor %}
    from measures_signed as measures
    inner join customers
        on measures.customer_number = customers.customer_number
    cross join cuts

)

select * from scored
