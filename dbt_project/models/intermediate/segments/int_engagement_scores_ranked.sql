with

measures as (

    select * from {{ ref('int_engagement_measures_weighted') }}

),

ranked as (

    select
        customer_id
        {%- for measure in engagement_weights() %}
            ,
            engagement_{{ measure }},
            case
                when engagement_{{ measure }} is not null
                    then percent_rank() over (order by engagement_{{ measure }})
            end as engagement_{{ measure }}_rank
        {%- endfor %}
    from measures

),

weighed as (

    select
        *,
        0
        {%- for measure, weight in engagement_weights().items() %}
            + {{ weight }} * coalesce(engagement_{{ measure }}_rank, 0)
        {%- endfor %} as weighted_rank,
        0
        {%- for measure, weight in engagement_weights().items() %}
            + case
                when engagement_{{ measure }}_rank is not null
                    then {{ weight }}
                else 0
            end
        {%- endfor %} as weight
    from ranked

),

scored as (

    select
        customer_id
        {%- for measure in engagement_weights() %}
            ,
            engagement_{{ measure }},
            engagement_{{ measure }}_rank
        {%- endfor %}
        ,
        100 * weighted_rank / weight as engagement_score
    from weighed

)

select * from scored
