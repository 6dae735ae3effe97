{#- An amount in the reporting currency; without a rate it is in it already. -#}
{% macro converted(amount, rate) -%}
    cast({{ amount }} * coalesce({{ rate }}, 1) as decimal(18, 4))
{%- endmacro %}

{#- The currency to report in, NULL where the parameter leaves it to the data. -#}
{% macro reporting_currency() -%}
    nullif('{{ var("reporting_currency") | upper }}', '')
{%- endmacro %}
