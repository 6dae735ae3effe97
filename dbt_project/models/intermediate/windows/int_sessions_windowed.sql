with

sessions as (

    select * from {{ ref('int_sessions_as_known') }}
    where
        {{ is_read_within('started_date', longest_feature_window()) }}
        and customer_id is not null

),

aged as (

    select
        as_of_date,
        customer_id,
        pages_viewed,
        cast(has_added_to_cart as integer) as cart_sessions_count,
        {{ days_between('started_date', 'as_of_date') }}
            as age_days
    from sessions

),

windowed as (

    select
        as_of_date,
        customer_id,
        {%- for days in feature_windows() %}
            count(*) filter (where age_days <= {{ days }})
                as sessions_count_{{ days }}d,
        {%- endfor %}
        2 * count(*) filter (where age_days <= 90)
        - count(*) filter (where age_days <= 180)
            as sessions_count_change_90d,
        min(age_days) as days_since_last_session,
        {{ ratio(
            'sum(pages_viewed) filter (where age_days <= 90)',
            'count(pages_viewed) filter (where age_days <= 90)'
        ) }} as pages_per_session_90d,
        cast(
            sum(cart_sessions_count) filter (where age_days <= 90) as bigint
        ) as cart_sessions_count_90d,
        sum({{ faded('age_days') }}) as sessions_weight_365d
    from aged
    group by as_of_date, customer_id

)

select * from windowed
