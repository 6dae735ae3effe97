with

orders as (

    select * from {{ ref('int_orders_as_known') }}

),

refunds as (

    select * from {{ ref('int_refunds_as_known') }}

),

payments as (

    select
        *,
        case
            when status = 'failed' then 'payment_failed'
            else 'payment'
        end as kind,
        case
            when subscription_id is not null and order_id is null then 'out'
            else 'in'
        end as direction
    from {{ ref('int_payments_as_known') }}

),

unioned as (

    {{ touchpoints_of(
        'orders', 'orders', 'order_id', "'order'", 'ordered_at',
        channel="coalesce(channel, 'shop')",
        direction="'in'",
        amount='total_amount',
        is_completed_order='is_completed'
    ) }}
    union all
    {{ touchpoints_of(
        'orders', 'orders', 'order_id', "'order_cancelled'",
        not_before('cancelled_at', 'ordered_at'),
        channel="coalesce(channel, 'shop')"
    ) }}
    union all
    {{ touchpoints_of(
        'refunds', 'refunds', 'refund_id', "'refund'", 'refunded_at',
        channel="'billing'",
        direction="'out'",
        retention_mode="'passive'",
        is_friction='true',
        amount='-amount'
    ) }}
    union all
    {{ touchpoints_of(
        'payments', 'payments', 'payment_id', 'kind', 'attempted_at',
        channel="'billing'",
        direction='direction',
        retention_mode="case when direction = 'out' then 'passive' end",
        is_friction="kind = 'payment_failed'"
    ) }}

)

select * from unioned
