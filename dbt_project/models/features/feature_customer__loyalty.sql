with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

loyalty_events as (

    select * from {{ ref('int_loyalty_events_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        {%- for points in [
            'points_earned_90d', 'points_earned_365d',
            'points_redeemed_365d', 'points_expired_365d',
        ] %}
            cast(
                {{ counted_if(
                    'loyalty_events.' ~ points, 'customers.has_loyalty_events'
                ) }} as double
            ) as {{ points }},
        {%- endfor %}
        {%- for days in [90, 365] %}
            {{ counted_if(
                'loyalty_events.loyalty_events_count_' ~ days ~ 'd',
                'customers.has_loyalty_events'
            ) }} as loyalty_events_count_{{ days }}d,
        {%- endfor %}
        loyalty_events.days_since_last_loyalty_event,
        loyalty_events.days_since_last_redemption,
        case
            when loyalty_events.points_earned_365d > 0
                then least({{ ratio(
                    'loyalty_events.points_redeemed_365d',
                    'loyalty_events.points_earned_365d'
                ) }}, 1)
        end as redeemed_points_share_365d,
        case
            when loyalty_events.points_earned_365d > 0
                then greatest(least({{ ratio(
                    'loyalty_events.points_earned_90d',
                    'loyalty_events.points_earned_365d'
                ) }}, 1), 0)
        end as points_earned_trend_90d_365d
    from customers
    left join loyalty_events
        on
            customers.as_of_date = loyalty_events.as_of_date
            and customers.customer_id = loyalty_events.customer_id

)

select * from measured
