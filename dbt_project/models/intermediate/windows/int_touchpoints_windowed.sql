{%- set counts = [
    ('touchpoints_count', 'true', [30, 90, 365]),
    ('active_touches_count', "retention_mode = 'active'", [30, 90, 365]),
    ('passive_touches_count', "retention_mode = 'passive'", [90, 365]),
    ('frictions_count', 'is_friction', [30, 90, 180, 365]),
    ('judged_touchpoints_count', 'sentiment is not null', [365]),
    ('negative_touchpoints_count', 'sentiment = -1', [90, 365]),
    ('positive_touchpoints_count', 'sentiment = 1', [365]),
] -%}

with

touchpoints as (

    select * from {{ ref('int_touchpoints_placed') }}

),

-- By channel first: then channels are counted without a distinct.
channels_counted as (

    select
        as_of_date,
        customer_id,
        channel,
        {%- for name, condition, windows in counts %}
            {{ counted_in_windows(name, 'occurred_date', condition, windows) }},
        {%- endfor %}
        count(*) filter (where is_in_journey) as journey_touchpoints_count,
        count(*) filter (where is_in_journey and is_friction)
            as journey_frictions_count,
        max(occurred_date) as last_touchpoint_date,
        max(case when retention_mode = 'active' then occurred_date end)
            as last_active_touch_date,
        max(case when is_friction then occurred_date end) as last_friction_date
    from touchpoints
    group by as_of_date, customer_id, channel

),

windowed as (

    select
        as_of_date,
        customer_id,
        {%- for name, condition, windows in counts %}
            {%- for days in windows %}
                cast(sum({{ name }}_{{ days }}d) as bigint)
                    as {{ name }}_{{ days }}d,
            {%- endfor %}
        {%- endfor %}
        count(*) as channels_count_365d,
        cast(sum(journey_touchpoints_count) as bigint)
            as journey_touchpoints_count,
        cast(sum(journey_frictions_count) as bigint)
            as journey_frictions_count,
        count(*) filter (where journey_touchpoints_count > 0)
            as journey_channels_count,
        max(last_touchpoint_date) as last_touchpoint_date,
        max(last_active_touch_date) as last_active_touch_date,
        max(last_friction_date) as last_friction_date
    from channels_counted
    group by as_of_date, customer_id

)

select * from windowed
