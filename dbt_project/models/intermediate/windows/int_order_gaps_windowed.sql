with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where {{ is_read_within('order_date', rhythm_window()) }}

),

order_days as (

    select
        as_of_date,
        customer_id,
        {{ days_between('min(order_date)', 'max(order_date)') }}
            as gap_days_sum,
        list_sort(list(order_date)) as order_dates
    from orders
    where is_completed
    group by as_of_date, customer_id
    having min(order_date) < max(order_date)

),

-- In a list of each customer's own: a window over all their orders costs twice
-- as much. Orders of one day lie no days apart, which is no gap.
gaps_taken as (

    select
        as_of_date,
        customer_id,
        gap_days_sum,
        list_filter(
            list_transform(
                list_zip(order_dates[:-2], order_dates[2:]),
                lambda pair: {{ days_between('pair[1]', 'pair[2]') }}
            ),
            lambda gap: gap > 0
        ) as gaps
    from order_days

),

-- The spread from whole-number sums: the same to the last bit whatever the
-- order of the rows, which a running stddev is not.
gaps_summed as (

    select
        as_of_date,
        customer_id,
        gap_days_sum,
        len(gaps) as gaps_count,
        list_sum(list_transform(gaps, lambda gap: gap * gap))
            as gap_days_squared_sum,
        list_median(gaps) as own_gap_days,
        list_max(gaps) as longest_gap_days,
        gaps[-1] as last_gap_days
    from gaps_taken

),

measured as (

    select
        as_of_date,
        customer_id,
        gaps_count,
        cast(own_gap_days as double) as own_gap_days,
        {{ ratio('gap_days_sum', 'gaps_count') }} as mean_gap_days,
        longest_gap_days,
        last_gap_days,
        case
            when gaps_count > 1
                then
                    sqrt(
                        {{ ratio(
                            'gaps_count * gap_days_squared_sum '
                            ~ '- gap_days_sum * gap_days_sum',
                            'gaps_count * (gaps_count - 1)'
                        ) }}
                    )
        end as gap_deviation_days
    from gaps_summed

)

select * from measured
