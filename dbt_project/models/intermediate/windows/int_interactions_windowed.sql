with

interactions as (

    select * from {{ ref('int_interactions_as_known') }}
    where
        {{ is_read_within('occurred_date', longest_feature_window()) }}
        and customer_id is not null

),

judged as (

    select
        as_of_date,
        customer_id,
        kind,
        kind = 'sent' and coalesce(direction, 'out') = 'out' as is_sending,
        kind = 'delivered' and coalesce(direction, 'out') = 'out'
            as is_delivery,
        channel in ('email', 'push', 'in_app') as is_openable,
        {{ is_response('kind') }} as is_response,
        {{ is_reply('kind', 'direction') }} as is_reply,
        {{ days_between('occurred_date', 'as_of_date') }}
            as age_days
    from interactions

),

-- A source tells of the sending of a message, of its delivery, or of both.
windowed as (

    select
        as_of_date,
        customer_id,
        {%- for days in [90, 365] %}
            greatest(
                count(*) filter (where is_sending and age_days <= {{ days }}),
                count(*) filter (where is_delivery and age_days <= {{ days }})
            ) as messages_sent_count_{{ days }}d,
            greatest(
                count(*) filter (
                    where
                    is_sending and is_openable and age_days <= {{ days }}
                ),
                count(*) filter (
                    where
                    is_delivery and is_openable and age_days <= {{ days }}
                )
            ) as openable_messages_count_{{ days }}d,
            count(*) filter (where is_reply and age_days <= {{ days }})
                as replies_count_{{ days }}d,
        {%- endfor %}
        {%- for days in [30, 90, 365] %}
            count(*) filter (where kind = 'open' and age_days <= {{ days }})
                as opens_count_{{ days }}d,
            count(*) filter (where kind = 'click' and age_days <= {{ days }})
                as clicks_count_{{ days }}d,
        {%- endfor %}
        count(*) filter (where kind = 'bounce') as bounces_count_365d,
        count(*) filter (where kind = 'unsubscribe')
            as unsubscribes_count_365d,
        min(age_days) filter (where is_response) as days_since_last_response,
        min(age_days) filter (where is_reply) as days_since_last_reply,
        count(*) filter (
            where (is_response or is_reply) and age_days <= 180
        ) as engagements_count_180d,
        2 * count(*) filter (
            where (is_response or is_reply) and age_days <= 90
        ) - count(*) filter (
            where (is_response or is_reply) and age_days <= 180
        ) as engagements_count_change_90d,
        sum({{ faded('age_days') }}) filter (where is_response or is_reply)
            as engagements_weight_365d
    from judged
    group by as_of_date, customer_id

)

select * from windowed
