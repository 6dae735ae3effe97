{#- The join condition for the person behind the key that `rows` carry, by the identity of the row's day: int_customer_links_found. -#}
{% macro is_linked(rows, links) -%}
    {{ rows }}.as_of_date = {{ links }}.as_of_date
    and {{ rows }}.customer_id = {{ links }}.source_customer_id
{%- endmacro %}

{#- That person; the key itself where it was joined to no other. -#}
{% macro person(rows, links) -%}
    coalesce({{ links }}.customer_id, {{ rows }}.customer_id)
{%- endmacro %}

{#-
    Persons whom a source deleted inside the horizon, as known when it matures: every record of theirs in it, and one of them
    news since the day. `horizons` have as_of_date, horizon_end_date and matured_date, `records` are stg_customers; one row
    per as_of_date, customer_id and source_system with deleted_date.
-#}
{% macro deleted_within_horizons(horizons, records, links) -%}
    select
        matured.as_of_date,
        {{ person('matured', links) }} as customer_id,
        matured.source_system,
        max(matured.deleted_date) as deleted_date
    from (
        select
            {{ horizons }}.as_of_date,
            {{ records }}.source_system,
            {{ records }}.customer_id,
            case
                when {{ records }}.deleted_date < {{ horizons }}.horizon_end_date
                    then {{ records }}.deleted_date
            end as deleted_date,
            coalesce(
                {{ horizons }}.as_of_date <= {{ records }}.deleted_date
                or {{ horizons }}.as_of_date < {{ records }}.known_from,
                false
            ) as is_news
        from {{ horizons }}
        inner join {{ records }}
            on
                {{ horizons }}.matured_date >= {{ records }}.known_from
                and {{ horizons }}.matured_date < {{ records }}.known_to
    ) as matured
    left join {{ links }} on {{ is_linked('matured', links) }}
    group by
        matured.as_of_date,
        {{ person('matured', links) }},
        matured.source_system
    having
        count(*) = count(matured.deleted_date)
        and bool_or(matured.is_news)
{%- endmacro %}

{#- Of several records of one person: what the first of them that says anything says. -#}
{% macro first_said(column) -%}
    min_by({{ column }}, precedence) filter (where {{ column }} is not null)
{%- endmacro %}

{#- A consent that any living record of the person withholds is withheld; NULL where none says anything. -#}
{% macro consented_everywhere(column) -%}
    bool_and({{ column }}) filter (where deleted_date is null)
{%- endmacro %}

{#- An e-mail as it is compared: lower case, without white space of any kind; NULL where nothing is left. -#}
{% macro normalised_email(email) -%}
    nullif(
        lower(
            regexp_replace(
                {{ email }}, '[\s\v\p{Z}\x{200B}\x{FEFF}]', '', 'g'
            )
        ),
        ''
    )
{%- endmacro %}
