{#- Bands of days since the order that began a journey, by their last day: 0-7, 8-14, 15-30 and so on. -#}
{% macro journey_bands() -%}
    {{ return([7, 14, 30, 60, 90, 180]) }}
{%- endmacro %}

{#- The last day of the band that a day lies in; NULL after the last band. -#}
{% macro journey_band(day) -%}
    case
        {%- for last_day in journey_bands() %}
        when {{ day }} <= {{ last_day }} then {{ last_day }}
        {%- endfor %}
    end
{%- endmacro %}

{#- A lift is tested from this many journeys with the step on. -#}
{% macro fewest_compared() -%}
    {{ return(30) }}
{%- endmacro %}

{#- And from this many lapses expected of them. -#}
{% macro fewest_expected_lapses() -%}
    {{ return(5) }}
{%- endmacro %}

{#- Of the rows called significant, this share is wrong on average. -#}
{% macro false_discovery_rate() -%}
    {{ return(0.05) }}
{%- endmacro %}
