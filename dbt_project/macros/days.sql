{#-
    The day of the run, from the environment and only where SQL is compiled for
    a run: as a var it would make dbt read the whole project anew each day. The
    var is for unit tests, and for dbt by hand.
-#}
{% macro as_of_date() -%}
    cast('{{ var("as_of_date") or from_run("WELLKEPT_AS_OF_DATE") }}' as date)
{%- endmacro %}

{#- The days that are being built, as texts. -#}
{% macro as_of_dates() -%}
    {{ return(
        var('as_of_dates')
        or (var('as_of_date') or from_run('WELLKEPT_AS_OF_DATES')).split(',')
    ) }}
{%- endmacro %}

{#- The first of them. -#}
{% macro first_as_of_date() -%}
    cast('{{ as_of_dates() | min }}' as date)
{%- endmacro %}

{#- What the run set, nothing while the project is only read. -#}
{% macro from_run(name) -%}
    {{ return(env_var(name, '1970-01-01') if execute else '1970-01-01') }}
{%- endmacro %}

{#- A date a number of days later; the number may be an expression. -#}
{% macro add_days(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_between(first, last) -%}
    {{ dbt.datediff(first, last, 'day') }}
{%- endmacro %}
