{{ config(materialized='table') }}

with

days as (

    {% for day in as_of_dates() -%}
        select cast('{{ day }}' as date) as as_of_date
        {%- if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

)

select * from days
