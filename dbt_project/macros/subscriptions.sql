{#-
    Of a person's subscriptions on a day, in the order in which they began: the latest end of those before the row's,
    9999-12-31 while one of them runs, NULL for the first. Rows have as_of_date, customer_id, subscription_id, started_at
    and ended_date.
-#}
{% macro earlier_ended_date() -%}
    max(coalesce(ended_date, cast('9999-12-31' as date))) over (
        partition by as_of_date, customer_id
        order by started_at, subscription_id
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{#- 1 where the row's subscription begins an unbroken period, 0 where it carries one on. -#}
{% macro is_period_start() -%}
    case
        when
            {{ add_days('started_date', -var('restart_days')) }}
            <= earlier_ended_date
            then 0
        else 1
    end
{%- endmacro %}

{#- Which of the person's unbroken periods the row's subscription belongs to, from 1. -#}
{% macro period_number() -%}
    sum(is_period_start) over (
        partition by as_of_date, customer_id
        order by started_at, subscription_id
        rows between unbounded preceding and current row
    )
{%- endmacro %}
