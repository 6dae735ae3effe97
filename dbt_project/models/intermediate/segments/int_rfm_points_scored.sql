with

slices as (

    select * from {{ ref('int_rfm_slices_scored') }}

),

drops as (

    {% for cut in range(5) -%}
        select {{ cut }} as cut_number
        {%- if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

),

points as (

    select
        slices.*,
        case drops.cut_number
            when 0 then slices.slice_from
            {%- for cut in range(1, 5) %}
                when {{ cut }} then slices.recency_drop_{{ cut }}
            {%- endfor %}
        end as point_date
    from slices
    cross join drops

),

scored as (

    select
        customer_number,
        point_date,
        slice_to,
        case
            when recency_drop_1 is not null
                then
                    1
                    {%- for cut in range(1, 5) %}
                        + case
                            when point_date < recency_drop_{{ cut }} then 1 else
                                0
                        end
                    {%- endfor %}
        end as recency_score,
        frequency_score,
        monetary_score
    from points
    where
        point_date >= slice_from
        and point_date < slice_to

),

judged as (

    select
        *,
        {{ rfm_segment('recency_score', 'frequency_score', 'monetary_score') }}
            as rfm_segment
    from scored

)

select * from judged
