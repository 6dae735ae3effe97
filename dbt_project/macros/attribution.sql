{#- A share of an amount, rounded down to the ten-thousandths that amounts are kept in; what is left over is the last touch's. -#}
{% macro share_of(amount, parts, of_parts) -%}
    cast(
        cast(
            (
                cast({{ amount }} * 10000 as bigint) * {{ parts }}
                - mod(
                    cast({{ amount }} * 10000 as bigint) * {{ parts }},
                    {{ of_parts }}
                )
            ) / ({{ of_parts }})
            as decimal(18, 0)
        ) * 0.0001
        as decimal(18, 4)
    )
{%- endmacro %}
