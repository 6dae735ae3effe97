{#- The lifecycle states in the order of a life, but for its last: lost. -#}
{% macro states_before_lost() -%}
    {{ return([
        'prospect',
        'onboarding',
        'reactivated',
        'active',
        'cooling',
        'slipping',
        'dormant',
    ]) }}
{%- endmacro %}

{#-
    The lifecycle state of a row that knows days_since_first_order, days_since_reactivation, days_since_last_order,
    last_order_date, gap_days and is_subscription_over. The order of tests matters; the first that holds wins.
-#}
{% macro lifecycle_state() -%}
    case
        when days_since_first_order <= {{ var('onboarding_days') }}
            then 'onboarding'
        when days_since_reactivation <= {{ var('onboarding_days') }}
            then 'reactivated'
        when days_since_last_order <= {{ var('active_gaps') }} * gap_days
            then 'active'
        when is_subscription_over then 'lost'
        when last_order_date is null then 'prospect'
        when days_since_last_order <= {{ var('cooling_gaps') }} * gap_days
            then 'cooling'
        when days_since_last_order <= {{ var('eligible_days') }}
            then 'slipping'
        when days_since_last_order <= 2 * {{ var('eligible_days') }}
            then 'dormant'
        else 'lost'
    end
{%- endmacro %}

{#- The place of a lifecycle state in the order of a life, from 0; lost is last. -#}
{% macro lifecycle_state_rank(state) -%}
    case {{ state }}
        {%- for earlier in states_before_lost() %}
            when '{{ earlier }}' then {{ loop.index0 }}
        {%- endfor %}
        else {{ states_before_lost() | length }}
    end
{%- endmacro %}

{#- The customer's own gap, from three order days on, at least one day. -#}
{% macro own_gap(median_gap_days, order_days_count) -%}
    case
        when {{ order_days_count }} >= 3
            then greatest({{ median_gap_days }}, 1)
    end
{%- endmacro %}

{#- First day of the month in which as_of_date lies. -#}
{% macro month_began() -%}
    cast({{ dbt.date_trunc('month', 'as_of_date') }} as date)
{%- endmacro %}

{#- The rule behind a lifecycle state, in words, with the parameters it was judged by. -#}
{% macro lifecycle_rule(state, is_lost_by_subscription) -%}
    case
        when {{ is_lost_by_subscription }} then 'subscription ended more than {{ var("restart_days") }} days ago, no order since'
        when {{ state }} = 'prospect' then 'no completed order yet'
        when {{ state }} = 'onboarding' then 'first order at most {{ var("onboarding_days") }} days ago'
        when {{ state }} = 'reactivated' then 'at most {{ var("onboarding_days") }} days ago an order ended a silence of more than {{ var("eligible_days") }} days'
        when {{ state }} = 'active' then 'last order at most {{ var("active_gaps") }} gaps ago'
        when {{ state }} = 'cooling' then 'last order at most {{ var("cooling_gaps") }} gaps ago'
        when {{ state }} = 'slipping' then 'last order more than {{ var("cooling_gaps") }} gaps and at most {{ var("eligible_days") }} days ago'
        when {{ state }} = 'dormant' then 'last order more than {{ var("eligible_days") }} and at most {{ 2 * var("eligible_days") }} days ago'
        else 'last order more than {{ 2 * var("eligible_days") }} days ago'
    end
{%- endmacro %}
