with

payments as (

    select
        *,
        status = 'failed' as is_failed,
        {{ days_between('attempted_date', 'as_of_date') }}
            as age_days
    from {{ ref('int_payments_as_known') }}
    where
        {{ is_read_within('attempted_date', longest_feature_window()) }}
        and customer_id is not null

),

-- Of two attempts at one instant, as where a source keeps dates only, the paid
-- one is the later: what is paid is not charged again.
payments_followed as (

    select
        *,
        row_number() over (
            partition by as_of_date, customer_id
            order by
                attempted_at desc,
                is_failed asc,
                source_system desc,
                payment_id desc
        ) as recency_rank,
        max(case when not is_failed then attempted_at end) over (
            partition by
                as_of_date,
                order_id,
                case when order_id is null then subscription_id end,
                case
                    when order_id is null and subscription_id is null
                        then customer_id
                end
        ) as last_paid_at
    from payments

),

payments_judged as (

    select
        *,
        is_failed
        and coalesce(last_paid_at < attempted_at, true) as is_unrecovered
    from payments_followed

),

windowed as (

    select
        as_of_date,
        customer_id,
        {{ counted_in_windows(
            'failed_payments_count', 'attempted_date', 'is_failed',
            [30, 90, 180, 365]
        ) }},
        {{ counted_in_windows(
            'unrecovered_failed_payments_count', 'attempted_date',
            'is_unrecovered', [90]
        ) }},
        {{ ratio('count(*) filter (where is_failed)', 'count(*)') }}
            as failed_payments_share_365d,
        min(case when is_failed then age_days end)
            as days_since_last_failed_payment,
        bool_or(recency_rank = 1 and is_failed) as is_last_payment_failed
    from payments_judged
    group by as_of_date, customer_id

)

select * from windowed
