with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where {{ is_read_within('order_date', rhythm_window()) }}

),

-- Orders of one day lie no days apart, which is no gap: the first of them has
-- the gap of the day.
gaps_taken as (

    select
        as_of_date,
        customer_id,
        order_date,
        {{ days_between(
            'lag(order_date) over customer_orders', 'order_date'
        ) }} as gap_days
    from orders
    where is_completed
    window
        customer_orders as (
            partition by as_of_date, customer_id
            order by order_date
        )

),

-- The spread from whole-number sums: the same to the last bit whatever the
-- order of the rows, which a running stddev is not.
gaps_summed as (

    select
        as_of_date,
        customer_id,
        count(*) as gaps_count,
        sum(gap_days) as gap_days_sum,
        sum(gap_days * gap_days) as gap_days_squared_sum,
        median(gap_days) as own_gap_days,
        max(gap_days) as longest_gap_days,
        max_by(gap_days, order_date) as last_gap_days
    from gaps_taken
    where gap_days > 0
    group by as_of_date, customer_id

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
