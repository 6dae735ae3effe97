with

customers as (

    select
        *,
        has_interactions
        or has_surveys
        or has_loyalty_events as has_active_touches,
        has_interactions
        or has_tickets
        or has_payments
        or has_refunds as has_passive_touches,
        has_interactions
        or has_tickets
        or has_surveys
        or has_payments
        or has_refunds as has_frictions,
        has_tickets or has_surveys as has_scores
    from {{ ref('int_customers_recent') }}

),

touchpoints as (

    select * from {{ ref('int_touchpoints_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        {%- for days in [30, 90, 365] %}
            coalesce(touchpoints.touchpoints_count_{{ days }}d, 0)
                as touchpoints_count_{{ days }}d,
        {%- endfor %}
        {{ days_between(
            'touchpoints.last_touchpoint_date', 'customers.as_of_date'
        ) }} as days_since_last_touchpoint,
        coalesce(touchpoints.channels_count_365d, 0) as channels_count_365d,
        {%- for days in [30, 90, 365] %}
            {{ counted_if(
                'touchpoints.active_touches_count_' ~ days ~ 'd',
                'customers.has_active_touches'
            ) }} as active_touches_count_{{ days }}d,
        {%- endfor %}
        {%- for days in [90, 365] %}
            {{ counted_if(
                'touchpoints.passive_touches_count_' ~ days ~ 'd',
                'customers.has_passive_touches'
            ) }} as passive_touches_count_{{ days }}d,
        {%- endfor %}
        case
            when customers.has_interactions
                then {{ ratio(
                    'touchpoints.active_touches_count_365d',
                    'touchpoints.active_touches_count_365d'
                    ~ ' + touchpoints.passive_touches_count_365d'
                ) }}
        end as active_touches_share_365d,
        {{ days_between(
            'touchpoints.last_active_touch_date', 'customers.as_of_date'
        ) }} as days_since_last_active_touch,
        {%- for days in [30, 90, 180, 365] %}
            {{ counted_if(
                'touchpoints.frictions_count_' ~ days ~ 'd',
                'customers.has_frictions'
            ) }} as frictions_count_{{ days }}d,
        {%- endfor %}
        {{ days_between(
            'touchpoints.last_friction_date', 'customers.as_of_date'
        ) }} as days_since_last_friction,
        {%- for name in [
            'negative_touchpoints_count_90d',
            'negative_touchpoints_count_365d',
            'positive_touchpoints_count_365d',
        ] %}
            {{ counted_if('touchpoints.' ~ name, 'customers.has_scores') }}
                as {{ name }},
        {%- endfor %}
        {{ ratio(
            'touchpoints.positive_touchpoints_count_365d'
            ~ ' - touchpoints.negative_touchpoints_count_365d',
            'touchpoints.judged_touchpoints_count_365d'
        ) }} as mean_sentiment_365d,
        coalesce(touchpoints.journey_touchpoints_count, 0)
            as journey_touchpoints_count,
        {{ counted_if(
            'touchpoints.journey_frictions_count', 'customers.has_frictions'
        ) }} as journey_frictions_count,
        coalesce(touchpoints.journey_channels_count, 0)
            as journey_channels_count
    from customers
    left join touchpoints
        on
            customers.as_of_date = touchpoints.as_of_date
            and customers.customer_id = touchpoints.customer_id

)

select * from measured
