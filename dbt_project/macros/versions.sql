{#- The day from which a later version of the row, if any, takes over; a tombstone is one. -#}
{% macro known_to(key) -%}
    coalesce(
        lead(known_on) over (
            partition by {{ key | join(', ') }}
            order by known_on, loaded_on
        ),
        cast('9999-12-31' as date)
    )
{%- endmacro %}

{#- The join condition for versions of `rows` that were known on the day. -#}
{% macro known_on_day(rows, days='days') -%}
    {{ days }}.as_of_date >= {{ rows }}.known_from
    and {{ days }}.as_of_date < {{ rows }}.known_to
{%- endmacro %}

{#- A current column: what was read, on days on which it had been read. -#}
{% macro current_on_day(column, rows, days='days') -%}
    case
        when {{ rows }}.loaded_on <= {{ days }}.as_of_date
            then {{ rows }}.{{ column }}
    end
{%- endmacro %}

{#- A timed column: what was read, on days after the one it is true from. -#}
{% macro timed_on_day(column, since, rows, days='days') -%}
    case
        when {{ rows }}.{{ since }} < {{ days }}.as_of_date
            then {{ rows }}.{{ column }}
    end
{%- endmacro %}

{#- The day from which on something of `entity` was known, whichever its version: one row, NULL where there is nothing. -#}
{% macro first_known(entity, event_date) -%}
    select
        '{{ entity }}' as entity,
        min(greatest(known_from, {{ add_days(event_date, 1) }}))
            as first_known_date
    from {{ entity }}
{%- endmacro %}
