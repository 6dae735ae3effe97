with

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where {{ is_within('refund_date', longest_feature_window()) }}

),

windowed as (

    select
        as_of_date,
        customer_id,
        count(*) filter (where {{ is_within('refund_date', 90) }})
            as refunds_count_90d,
        count(*) as refunds_count_365d,
        coalesce(
            sum(amount) filter (where {{ is_within('refund_date', 90) }}), 0
        ) as refunds_amount_90d,
        sum(amount) as refunds_amount_365d
    from refunds
    group by as_of_date, customer_id

)

select * from windowed
