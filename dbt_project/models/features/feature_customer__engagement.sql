with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

sessions as (

    select * from {{ ref('int_sessions_windowed') }}

),

carts as (

    select * from {{ ref('int_carts_windowed') }}

),

interactions as (

    select * from {{ ref('int_interactions_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        {%- for days in feature_windows() %}
            {{ counted_if(
                'sessions.sessions_count_' ~ days ~ 'd',
                'customers.has_sessions'
            ) }} as sessions_count_{{ days }}d,
        {%- endfor %}
        sessions.days_since_last_session,
        {{ ratio(
            'sessions.sessions_count_30d', 'sessions.sessions_count_90d'
        ) }} as sessions_trend_30d_90d,
        {{ ratio(
            'sessions.sessions_count_90d', 'sessions.sessions_count_365d'
        ) }} as sessions_trend_90d_365d,
        sessions.pages_per_session_90d,
        case
            when sessions.sessions_count_90d > 0
                then sessions.cart_sessions_count_90d
            when customers.has_sessions then 0
        end as cart_sessions_count_90d,
        case
            when
                sessions.sessions_count_90d > 0
                and sessions.cart_sessions_count_90d is null
                then null
            when customers.has_sessions
                then coalesce(carts.carts_since_last_order_count_90d, 0)
        end as carts_since_last_order_count_90d,
        {%- for count in [
            'messages_sent_count_90d', 'messages_sent_count_365d',
            'opens_count_30d', 'opens_count_90d', 'opens_count_365d',
            'clicks_count_30d', 'clicks_count_90d', 'clicks_count_365d',
            'replies_count_90d', 'replies_count_365d',
            'bounces_count_365d', 'unsubscribes_count_365d',
        ] %}
            {{ counted_if(
                'interactions.' ~ count, 'customers.has_interactions'
            ) }} as {{ count }},
        {%- endfor %}
        {%- for days in [90, 365] %}
            case
                when interactions.openable_messages_count_{{ days }}d > 0
                    then least({{ ratio(
                        'interactions.opens_count_' ~ days ~ 'd',
                        'interactions.openable_messages_count_' ~ days ~ 'd'
                    ) }}, 1)
            end as open_share_{{ days }}d,
        {%- endfor %}
        {{ ratio(
            'interactions.opens_count_90d + interactions.clicks_count_90d',
            'interactions.opens_count_365d + interactions.clicks_count_365d'
        ) }} as responses_trend_90d_365d,
        interactions.days_since_last_response,
        interactions.days_since_last_reply,
        case
            when customers.has_sessions or customers.has_interactions
                then cast(
                    coalesce(sessions.sessions_weight_365d, 0)
                    + coalesce(interactions.engagements_weight_365d, 0)
                    as double
                )
        end as engagement_weight_365d,
        {{ ratio(
            'coalesce(sessions.sessions_count_change_90d, 0)'
            ~ ' + coalesce(interactions.engagements_count_change_90d, 0)',
            'coalesce(sessions.sessions_count_180d, 0)'
            ~ ' + coalesce(interactions.engagements_count_180d, 0)'
        ) }} as engagement_change_90d
    from customers
    left join sessions
        on
            customers.as_of_date = sessions.as_of_date
            and customers.customer_id = sessions.customer_id
    left join carts
        on
            customers.as_of_date = carts.as_of_date
            and customers.customer_id = carts.customer_id
    left join interactions
        on
            customers.as_of_date = interactions.as_of_date
            and customers.customer_id = interactions.customer_id

)

select * from measured
