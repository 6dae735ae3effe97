{{ config(materialized='table') }}

with

days as (

    {% for day in var('as_of_dates') or [var('as_of_date')] -%}
        select cast('{{ day }}' as date) as as_of_date
        {%- if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

)

select * from days
