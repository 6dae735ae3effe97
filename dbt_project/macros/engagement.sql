{#- What a customer does with a message. -#}
{% macro is_response(kind) -%}
    {{ kind }} in ('open', 'click')
{%- endmacro %}

{#- What is more of an effort than that: an answer, a call to the firm, a meeting, a visit. -#}
{% macro is_reply(kind, direction) -%}
    (
        {{ kind }} in ('reply', 'meeting', 'visit', 'attended')
        or ({{ kind }} = 'call' and coalesce({{ direction }} = 'in', false))
    )
{%- endmacro %}

{#- What was done this many days ago counts this much: half for every half-life. Exact, so that sums depend on no order. -#}
{% macro faded(age_days) -%}
    cast(
        power(
            0.5,
            cast({{ age_days }} as double)
            / {{ var('engagement_half_life_days') }}
        ) as decimal(18, 12)
    )
{%- endmacro %}
