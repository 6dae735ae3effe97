with

events as (

    select * from {{ ref('int_engagement_events_unioned') }}

),

measures_known as (

    select
        {% for measure in engagement_weights() %}
            {%- if not loop.first %},{% endif %}
            count(*) filter (where measure = '{{ measure }}') > 0
                as has_{{ measure }}
        {%- endfor %}
    from events

),

days_counted as (

    select
        customer_id,
        measure,
        count(*) as events_count,
        {{ days_between('event_date', as_of_date()) }}
            as age_days
    from events
    where
        event_date >= {{ add_days(as_of_date(), -var('eligible_days')) }}
    group by customer_id, measure, event_date

),

days_weighted as (

    select
        customer_id,
        measure,
        events_count * {{ faded('age_days') }} as weighted_count
    from days_counted

),

customers_summed as (

    select
        customer_id
        {%- for measure in engagement_weights() %}
            ,
            coalesce(
                sum(weighted_count) filter (where measure = '{{ measure }}'), 0
            ) as {{ measure }}
        {%- endfor %}
    from days_weighted
    group by customer_id

),

weighted as (

    select
        customers_summed.customer_id
        {%- for measure in engagement_weights() %}
            ,
            cast(
                case
                    when measures_known.has_{{ measure }}
                        then customers_summed.{{ measure }}
                end as decimal(38, 12)
            ) as engagement_{{ measure }}
        {%- endfor %}
    from customers_summed
    cross join measures_known

)

select * from weighted
