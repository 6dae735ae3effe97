{#-
    The rows of something that happens between a customer and the firm, as touchpoints. Every argument after `entity`
    is an SQL expression; where `occurred_at` is NULL it did not happen and the row is left out further on. `source_id` is
    for keys that are unique only together with something else, which `key` then holds too.
-#}
{% macro touchpoints_of(
    rows, entity, key, kind, occurred_at, channel, direction='null', retention_mode='null', campaign_id='null',
    sentiment='null', is_friction='false', is_completed_order='false', amount='null', source_id=none
) -%}
    select
        '{{ entity }}:' || {{ key }} || ':' || {{ kind }} as touchpoint_id,
        customer_id,
        as_of_date,
        {{ occurred_at }} as occurred_at,
        known_from,
        '{{ entity }}' as entity,
        source_system,
        {{ source_id or key }} as source_id,
        {{ channel }} as channel,
        {{ kind }} as kind,
        cast({{ direction }} as varchar) as direction,
        cast({{ campaign_id }} as varchar) as campaign_id,
        cast({{ retention_mode }} as varchar) as retention_mode,
        cast({{ sentiment }} as int) as sentiment,
        coalesce({{ is_friction }}, false) as is_friction,
        coalesce({{ is_completed_order }}, false) as is_completed_order,
        cast({{ amount }} as decimal(18, 4)) as amount
    from {{ rows }}
{%- endmacro %}

{#- Who acted in a message, whichever direction its source gives: opens and answers are the customer's. -#}
{% macro message_direction() -%}
    case
        when kind in ('open', 'click', 'reply', 'unsubscribe') then 'in'
        when kind = 'visit' then coalesce(direction, 'in')
        else coalesce(direction, 'out')
    end
{%- endmacro %}

{#- Whether the firm reached the customer with it: not what the customer does, nor how a message fared. -#}
{% macro is_reach() -%}
    kind in ('meeting', 'attended')
    or (kind in ('sent', 'call', 'visit') and known_direction = 'out')
{%- endmacro %}

{#- The retention mode of a reach that no campaign says more of: active where one speaks, passive where one writes. -#}
{% macro own_retention_mode(reaches=none) -%}
{%- set of = reaches ~ '.' if reaches else '' -%}
    case
        when
            {{ of }}channel in ('call', 'event')
            or {{ of }}kind in ('call', 'meeting', 'attended')
            then 'active'
        else 'passive'
    end
{%- endmacro %}

{#- Whether an event of a loyalty programme is a present of the firm. -#}
{% macro is_loyalty_reward() -%}
    kind = 'adjust' and points > 0
{%- endmacro %}

{#-
    The time of something, but never before what it follows on: of some things sources know only the date, which is its
    midnight. NULL where the time is.
-#}
{% macro not_before(moment, follows) -%}
    case
        when {{ moment }} < {{ follows }} then {{ follows }}
        else {{ moment }}
    end
{%- endmacro %}

{#- The column `cost`: a campaign's cost by the touches it was spent on. -#}
{% macro cost_of_a_touch(campaign_cost, touches_count) -%}
    cast({{ campaign_cost }} / {{ touches_count }} as decimal(18, 4)) as cost
{%- endmacro %}

{#- A bad score and a good one are two steps of a journey: the column `step_kind`. -#}
{% macro step_kind(kind, sentiment) -%}
    case when {{ sentiment }} = -1 then {{ kind }} || '_bad' else {{ kind }} end
        as step_kind
{%- endmacro %}

{#- How a score speaks: -1 up to `bad`, 1 from `good` on, 0 between; NULL without a score. -#}
{% macro sentiment_of(score, bad, good) -%}
    case
        when {{ score }} <= {{ bad }} then -1
        when {{ score }} >= {{ good }} then 1
        when {{ score }} is not null then 0
    end
{%- endmacro %}

{#- How an answer speaks by the bands of its survey, from the columns survey and score. -#}
{% macro survey_sentiment() -%}
    case survey
        when 'nps' then {{ sentiment_of('score', 6, 9) }}
        when 'csat' then {{ sentiment_of('score', 2, 4) }}
        when 'ces' then {{ sentiment_of('score', 3, 5) }}
    end
{%- endmacro %}

{#- How the score of a ticket speaks. -#}
{% macro ticket_sentiment(csat_score='csat_score') -%}
    {{ sentiment_of(csat_score, 2, 4) }}
{%- endmacro %}

{#- When a ticket became overdue, friction_days after it was opened: NULL where it was resolved by then, as known on the row's day. -#}
{% macro ticket_overdue_at(tickets) -%}
{%- set patience_ends_at = dbt.dateadd('day', var('friction_days'), tickets ~ '.opened_at') -%}
    case
        when coalesce({{ tickets }}.resolved_at > {{ patience_ends_at }}, true)
            then {{ patience_ends_at }}
    end
{%- endmacro %}

{#- Within one second: the completed order opens the journey, then what begins a thing, then the rest, by key. -#}
{% macro touchpoint_order(is_completed_order) -%}
    occurred_at,
    case
        when {{ is_completed_order }} then 0
        when kind in (
            'order', 'account_created', 'lead_created', 'subscription_started', 'subscription_renewed', 'ticket_opened'
        ) then 1
        else 2
    end,
    source_id,
    touchpoint_id
{%- endmacro %}

{#- Texts of a group, joined in an order. -#}
{% macro joined_texts(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{#- The column `path`: the last steps of a journey as text, with a mark where earlier ones were cut off. -#}
{% macro path_of(last_steps, first_step_number) -%}
    case
        when {{ first_step_number }} > 1 then '... > ' || {{ last_steps }}
        else {{ last_steps }}
    end as path
{%- endmacro %}

{#- The column `days`: whole days of a journey, to as_of_date while it is open. -#}
{% macro journey_days(started_at, ended_at) -%}
    cast({{ days_between(
        'cast(' ~ started_at ~ ' as date)',
        'coalesce(cast(' ~ ended_at ~ ' as date), ' ~ as_of_date() ~ ')'
    ) }} as bigint) as days
{%- endmacro %}
