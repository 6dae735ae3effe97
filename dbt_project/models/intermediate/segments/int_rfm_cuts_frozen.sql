{{ config(materialized='table') }}

with

measures as (

    select * from {{ ref('int_rfm_measures_ranged') }}

),

months as (

    select {{ months_spanned('min(valid_from)', as_of_date()) }} as month_from
    from measures

),

present_at_start as (

    select
        months.month_from,
        measures.customer_number,
        measures.orders_count,
        measures.spend,
        -{{ days_between('measures.last_order_date', 'months.month_from') }}
            as freshness
    from months
    inner join measures
        on
            months.month_from >= measures.valid_from
            and (
                months.month_from < measures.valid_to
                or measures.valid_to is null
            )

),

{% for measure, value in rfm_measures().items() %}
    {{ measure }}_ranked as (

        select
            month_from,
            customer_number,
            {{ value }} as cut_value,
            row_number() over (
                partition by month_from
                order by {{ value }}, customer_number
            ) as place,
            count(*) over (partition by month_from) as places
        from present_at_start
        where {{ value }} is not null

    ),

    {{ measure }}_cut as (

        select
            month_from
            {%- for cut in range(1, 5) %}
                ,
                max(cut_value) filter (
                    where place = {{ bin_end(cut, 'places') }}
                )
                    as {{ measure }}_cut_{{ cut }},
                max(customer_number) filter (
                    where place = {{ bin_end(cut, 'places') }}
                )
                    as {{ measure }}_customer_{{ cut }}
            {%- endfor %}
        from {{ measure }}_ranked
        group by month_from

    ),

{% endfor %}
joined as (

    select
        months.month_from,
        cast({{ dbt.dateadd('month', 1, 'months.month_from') }} as date)
            as month_to
        {%- for measure in rfm_measures() %}
            {%- for cut in range(1, 5) %}
                ,
                {{ measure }}_cut.{{ measure }}_cut_{{ cut }},
                {{ measure }}_cut.{{ measure }}_customer_{{ cut }}
            {%- endfor %}
        {%- endfor %}
    from months
    {% for measure in rfm_measures() %}
        left join {{ measure }}_cut
            on months.month_from = {{ measure }}_cut.month_from
    {% endfor %}

)

select * from joined
