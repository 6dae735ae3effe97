{#- The join condition for the person behind the key that `rows` carry, by the identity of the row's day. -#}
{% macro is_linked(rows) -%}
    {{ rows }}.as_of_date = links.as_of_date
    and {{ rows }}.customer_id = links.source_customer_id
{%- endmacro %}

{#- That person; the key itself where it was joined to no other. -#}
{% macro person(rows) -%}
    coalesce(links.customer_id, {{ rows }}.customer_id)
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
