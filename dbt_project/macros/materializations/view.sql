{#-
    A view takes the place of what bears its name in one statement, where dbt's own
    way to make one takes eight: a day makes more than a hundred.
-#}
{% materialization view, adapter='duckdb' -%}
    {%- set before = load_cached_relation(this) -%}
    {%- set view = this.incorporate(type='view') -%}
    {%- if before is not none and not before.is_view -%}
        {%- do adapter.drop_relation(before) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace view {{ view }} as (
            {{ sql }}
        )
    {%- endcall -%}
    {%- do persist_docs(view, model) -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [view]}) }}
{%- endmaterialization %}
