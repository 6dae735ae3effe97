with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where {{ is_read_within('order_date', rhythm_window()) }}

),

order_days as (

    select distinct
        as_of_date,
        customer_id,
        order_date
    from orders
    where is_completed

),

gaps_taken as (

    select
        as_of_date,
        customer_id,
        {{ days_between(
            'lag(order_date) over customer_days', 'order_date'
        ) }} as gap_days,
        lead(order_date) over customer_days is null as is_last
    from order_days
    window
        customer_days as (
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
        count(gap_days) as gaps_count,
        sum(gap_days) as gap_days_sum,
        sum(gap_days * gap_days) as gap_days_squared_sum,
        median(gap_days) as own_gap_days,
        max(gap_days) as longest_gap_days,
        max(case when is_last then gap_days end) as last_gap_days
    from gaps_taken
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
    where gaps_count > 0

)

select * from measured
