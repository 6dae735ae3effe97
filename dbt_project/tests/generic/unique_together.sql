{#- Several columns are a key together: no two rows have the same values, and none has no value in any of them. -#}
{% test unique_together(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as rows_count
from {{ model }}
group by
    {{ columns | join(',\n    ') }}
having
    count(*) > 1
    or {{ columns | join(' is null\n    or ') }} is null

{% endtest %}
