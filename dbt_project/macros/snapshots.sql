{#-
    Whether only the customers and days of the table features.touched are being
    built (features/repair.py); from the environment, as the days are.
-#}
{% macro is_repair() -%}
    {{ return(from_run('WELLKEPT_ONLY_TOUCHED') == 'true') }}
{%- endmacro %}

{#- The condition for rows that are being built, of a customer and a day. -#}
{% macro is_wanted() -%}
    {%- if is_repair() -%}
        (customer_id, as_of_date) in (
            select
                customer_id,
                as_of_date
            from features.touched
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
    Incremental strategy `replace_built`: what is built takes the place of all
    that was there of its days, or of the touched customers on them; what is
    not built any more goes too.
-#}
{% macro get_incremental_replace_built_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where
        as_of_date in (
            {%- for day in as_of_dates() %}
                cast('{{ day }}' as date){{ ',' if not loop.last }}
            {%- endfor %}
        )
        and {{ is_wanted() }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}
