{#-
    All of a raw table, each version with `known_to`: the day from which a later version, if any, takes over; a tombstone is one.
    Only keys that have several versions are put in order: they are few, and the rest keeps the order in which it was loaded,
    which is the order of time, so that DuckDB passes over what is older than a window.
-#}
{% macro versions(table, key) -%}
    select
        landed.*,
        coalesce(successions.known_to, cast('9999-12-31' as date)) as known_to
    from {{ table }} as landed
    left join (
        select
            {{ key | join(', ') }},
            loaded_on,
            lead(known_on) over (
                partition by {{ key | join(', ') }}
                order by known_on, loaded_on
            ) as known_to
        from {{ table }}
        where
            ({{ key | join(', ') }}) in (
                select {{ key | join(', ') }} from {{ table }}
                group by {{ key | join(', ') }}
                having count(*) > 1
            )
    ) as successions
        on
            {% for column in key -%}
            landed.{{ column }} = successions.{{ column }}
            and {% endfor -%}
            landed.loaded_on = successions.loaded_on
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
