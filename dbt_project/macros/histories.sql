{#-
    What is known of somebody's order days and spend: one row per as_of_date and `key`. `orders` are completed ones
    (int_orders_as_known), `refunds` what takes something off them (int_refunds_deducted); `key` is whom they are counted for.
-#}
{% macro summed_histories(orders, refunds, key) -%}
    select
        summed.as_of_date,
        summed.{{ key }},
        cast(summed.order_days - 1 as double) as frequency,
        cast(
            {{ days_between('summed.first_order_date', 'summed.last_order_date') }}
            as double
        ) as recency,
        cast(
            {{ days_between('summed.first_order_date', 'summed.as_of_date') }}
            as double
        ) as age,
        cast(summed.spend_days as double) as spend_days,
        greatest(
            cast(summed.spend - coalesce(refunded.amount, 0) as double), 0
        ) / nullif(summed.spend_days, 0) as mean_spend
    from (
        select
            as_of_date,
            {{ key }},
            count(*) as order_days,
            min(order_date) as first_order_date,
            max(order_date) as last_order_date,
            count(amount) as spend_days,
            sum(amount) as spend
        from (
            select
                as_of_date,
                {{ key }},
                order_date,
                sum(total_amount) as amount
            from {{ orders }}
            group by as_of_date, {{ key }}, order_date
        ) as order_days
        group by as_of_date, {{ key }}
    ) as summed
    left join (
        select
            as_of_date,
            {{ key }},
            sum(amount) as amount
        from {{ refunds }}
        group by as_of_date, {{ key }}
    ) as refunded
        on
            summed.as_of_date = refunded.as_of_date
            and summed.{{ key }} = refunded.{{ key }}
{%- endmacro %}
