{#- The windows of the feature tables, in days, once: [D - days, D). -#}
{% macro feature_windows() -%}
    {{ return([30, 60, 90, 180, 365]) }}
{%- endmacro %}

{#- Rows older than this play no part in any window. -#}
{% macro longest_feature_window() -%}
    {{ return(feature_windows() | max) }}
{%- endmacro %}

{#- The customer's own rhythm is measured over this many days: long enough to see a yearly buyer twice. -#}
{% macro rhythm_window() -%}
    {{ return(2 * longest_feature_window()) }}
{%- endmacro %}

{#- Whether a day of the row lies in the `days` before as_of_date; that it lies before as_of_date is the upstream model's promise. -#}
{% macro is_within(day, days) -%}
    {{ day }} >= {{ add_days('as_of_date', -days) }}
{%- endmacro %}

{#- A share or a ratio, NULL where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double)
    / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
