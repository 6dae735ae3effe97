-- A slice is what one customer's measures and one month's cuts hold together.
with

measures as (

    select * from {{ ref('int_rfm_measures_ranged') }}

),

cuts as (

    select * from {{ ref('int_rfm_cuts_frozen') }}

),

slices as (

    select
        measures.customer_number,
        greatest(measures.valid_from, cuts.month_from) as slice_from,
        least(
            cuts.month_to,
            coalesce(
                measures.valid_to, {{ add_days(as_of_date(), 1) }}
            )
        ) as slice_to,
        measures.last_order_date,
        {{ rfm_score('frequency', 'measures.orders_count', 'measures') }}
            as frequency_score,
        {{ rfm_score('monetary', 'measures.spend', 'measures') }}
            as monetary_score
        {%- for cut in range(1, 5) %}
            ,
        -- The cut's own days of silence still score higher for who ranks above.
        {{ add_days(
            'measures.last_order_date',
            'case when measures.customer_number > cuts.recency_customer_' ~ cut
            ~ ' then 1 else 0 end - cuts.recency_cut_' ~ cut
        ) }} as recency_drop_{{ cut }}
        {%- endfor %}
    from measures
    inner join cuts
        on
            measures.valid_from < cuts.month_to
            and (
                measures.valid_to > cuts.month_from
                or measures.valid_to is null
            )

)

select * from slices
