{#- The rule behind a lifecycle state, in words, with the parameters it was judged by. -#}
{% macro lifecycle_rule(state) -%}
    case {{ state }}
        when 'prospect' then 'no completed order yet'
        when 'onboarding' then 'first order at most {{ var("onboarding_days") }} days ago'
        when 'reactivated' then 'at most {{ var("onboarding_days") }} days ago an order ended a silence of more than {{ var("eligible_days") }} days'
        when 'active' then 'last order at most {{ var("active_gaps") }} gaps ago'
        when 'cooling' then 'last order at most {{ var("cooling_gaps") }} gaps ago'
        when 'slipping' then 'last order more than {{ var("cooling_gaps") }} gaps and at most {{ var("eligible_days") }} days ago'
        when 'dormant' then 'last order more than {{ var("eligible_days") }} and at most {{ 2 * var("eligible_days") }} days ago'
        else 'last order more than {{ 2 * var("eligible_days") }} days ago'
    end
{%- endmacro %}
