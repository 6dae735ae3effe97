{#-
    The column `is_treated` of a label: known where the label is. Nobody was treated only where messages are told of on the
    day; without that it is not known.
-#}
{% macro treated_as_known(labelled, treatments, sources) -%}
    case
        when {{ labelled }}.is_churned is null then null
        when {{ treatments }}.customer_id is not null then true
        when {{ sources }}.has_interactions then false
    end
{%- endmacro %}
