{#-
    What is published of a score: every column of the score table but who is
    champion, off the step `scores`. Its yml lists them; a unit test knows of no
    yml, and takes what its rows have.
-#}
{% macro score_columns() -%}
    {%- set table = 'model.wellkept.feature_customer__churn_risk' -%}
    {%- set nodes = graph.get('nodes') -%}
    {%- set columns = nodes[table].columns if nodes else ['*'] -%}
    {%- for name in columns if name != 'is_champion' -%}
        scores.{{ name }}{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The scores that a model's champion gave on the day, each with where the customer stands: a mart of its own for each model. -#}
{% macro scores_of_the_day(model_name) -%}
with

scores as (

    select * from {{ ref('feature_customer__churn_risk') }}
    where
        as_of_date = {{ as_of_date() }}
        and is_champion
        and model_name = '{{ model_name }}'

),

customers as (

    select * from {{ ref('customers') }}

),

segments as (

    select * from {{ ref('segments') }}

),

joined as (

    select
        {{ score_columns() }},
        customers.lifecycle_state,
        customers.clm_stage,
        segments.rfm_segment,
        segments.value_tier,
        customers.country,
        customers.orders_count_365d,
        customers.spend_365d,
        customers.last_order_date
    from scores
    inner join customers on scores.customer_id = customers.customer_id
    left join segments on scores.customer_id = segments.customer_id

)

select * from joined
{%- endmacro %}

{#-
    Incremental strategy `replace_day`: the run's day takes the place of what
    was there of it; no other day is touched, whatever else is being built.
-#}
{% macro get_incremental_replace_day_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where as_of_date = {{ as_of_date() }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}
