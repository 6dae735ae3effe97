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
