{#- The rows of something that customers do or are named in, as events on the day that `event_date` says. -#}
{% macro events_of(rows, event_date, completed_order_date='null') -%}
    select
        as_of_date,
        source_system,
        source_customer_id,
        customer_id,
        {{ event_date }} as event_date,
        cast({{ completed_order_date }} as date) as completed_order_date
    from {{ rows }}
{%- endmacro %}
