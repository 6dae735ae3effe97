with

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where as_of_date = {{ as_of_date() }}

),

rfm_segments as (

    select * from {{ ref('int_rfm_segments_ranged') }}
    where valid_to is null

),

scores as (

    select * from {{ ref('int_rfm_scores_taken') }}

),

engagement as (

    select * from {{ ref('int_engagement_scores_ranked') }}

),

value_tiers as (

    select * from {{ ref('int_value_tiers_ranked') }}

),

loyalty as (

    select * from {{ ref('int_loyalty_points_earned') }}

),

matches as (

    select * from {{ ref('int_icp_matches_scored') }}

),

joined as (

    select
        customers.customer_id,
        customers.as_of_date,
        rfm_segments.rfm_segment,
        rfm_segments.previous_rfm_segment,
        value_tiers.value_tier,
        loyalty.loyalty_tier,
        matches.icp_explanation,
        scores.recency_days,
        cast(coalesce(scores.orders_count, 0) as bigint) as orders_count,
        scores.spend,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        loyalty.loyalty_points_365d,
        engagement.engagement_score
        {%- for measure in engagement_weights() %}
            ,
            engagement.engagement_{{ measure }},
            engagement.engagement_{{ measure }}_rank
        {%- endfor %}
        ,
        matches.icp_score,
        value_tiers.historic_value,
        value_tiers.historic_margin,
        value_tiers.value_rank_share,
        rfm_segments.since_date as rfm_segment_since_date
    from customers
    left join rfm_segments
        on customers.customer_id = rfm_segments.customer_id
    left join scores on customers.customer_id = scores.customer_id
    left join engagement on customers.customer_id = engagement.customer_id
    left join value_tiers on customers.customer_id = value_tiers.customer_id
    left join loyalty on customers.customer_id = loyalty.customer_id
    left join matches on customers.customer_id = matches.customer_id

)

select * from joined
