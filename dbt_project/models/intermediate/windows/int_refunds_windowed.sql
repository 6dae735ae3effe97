with

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where
        {{ is_read_within('refund_date', longest_feature_window()) }}
        and customer_id is not null

),

windowed as (

    select
        as_of_date,
        customer_id,
        {{ counted_in_windows(
            'refunds_count', 'refund_date', windows=[90, 365]
        ) }},
        sum(amount) filter (where {{ is_within('refund_date', 90) }})
            as refunds_amount_90d,
        sum(amount) as refunds_amount_365d
    from refunds
    group by as_of_date, customer_id

)

select * from windowed
