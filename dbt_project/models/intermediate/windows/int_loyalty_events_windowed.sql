with

loyalty_events as (

    select * from {{ ref('int_loyalty_events_as_known') }}
    where
        {{ is_read_within('occurred_date', longest_feature_window()) }}
        and customer_id is not null

),

judged as (

    select
        as_of_date,
        customer_id,
        kind,
        points,
        kind in ('earn', 'redeem') as is_engagement,
        {{ days_between('occurred_date', 'as_of_date') }}
            as age_days
    from loyalty_events

),

-- What is redeemed or expires is written as a minus by some sources, by others
-- not. What is earned keeps its sign: a minus takes back, as in the tier.
windowed as (

    select
        as_of_date,
        customer_id,
        {%- for days in [90, 365] %}
            coalesce(
                sum(points) filter (
                    where kind = 'earn' and age_days <= {{ days }}
                ), 0
            ) as points_earned_{{ days }}d,
            count(*) filter (where is_engagement and age_days <= {{ days }})
                as loyalty_events_count_{{ days }}d,
        {%- endfor %}
        coalesce(sum(abs(points)) filter (where kind = 'redeem'), 0)
            as points_redeemed_365d,
        coalesce(sum(abs(points)) filter (where kind = 'expire'), 0)
            as points_expired_365d,
        min(age_days) filter (where is_engagement)
            as days_since_last_loyalty_event,
        min(age_days) filter (where kind = 'redeem')
            as days_since_last_redemption
    from judged
    group by as_of_date, customer_id

)

select * from windowed
