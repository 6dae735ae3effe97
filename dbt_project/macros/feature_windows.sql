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

{#-
    Whether a day of the row lies in the `days` before as_of_date; that it lies before as_of_date is the upstream model's promise.
    Said as a difference, which DuckDB applies inside the view it reads; a date less an interval may overflow, and is applied
    only after the view has joined all of history.
-#}
{% macro is_within(day, days) -%}
    {{ days_between(day, 'as_of_date') }} <= {{ days }}
{%- endmacro %}

{#- The same as a condition on what is read: rows too old for the first of the days that are built are passed over unread. -#}
{% macro is_read_within(day, days) -%}
    {{ day }} >= {{ add_days(first_as_of_date(), -days) }}
    and {{ is_within(day, days) }}
{%- endmacro %}

{#- Rows of each window, as columns `<name>_30d`, `<name>_60d`, ...; `condition` picks among them. -#}
{% macro counted_in_windows(name, day, condition='true', windows=none) -%}
    {%- for days in windows or feature_windows() %}
        count(*) filter (
            where {{ is_within(day, days) }} and {{ condition }}
        ) as {{ name }}_{{ days }}d{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A count of things a source tells of: 0 where it tells of others and not of this customer, NULL where it tells of nobody. -#}
{% macro counted_if(count, has_source) -%}
    case when {{ has_source }} then coalesce({{ count }}, 0) end
{%- endmacro %}

{#- A share or a ratio, NULL where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double)
    / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
