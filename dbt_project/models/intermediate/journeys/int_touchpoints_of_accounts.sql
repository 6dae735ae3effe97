with

customer_records as (

    select
        *,
        source_system || ':' || source_customer_id as record_id
    from {{ ref('int_customer_records_as_known') }}

),

loyalty_events as (

    select
        *,
        case kind
            when 'earn' then 'points_earned'
            when 'redeem' then 'points_redeemed'
            when 'expire' then 'points_expired'
            when 'adjust' then 'points_adjusted'
        end as points_kind
    from {{ ref('int_loyalty_events_as_known') }}

),

unioned as (

    {{ touchpoints_of(
        'customer_records', 'customers', 'record_id', "'account_created'",
        'cast(created_date as timestamp)',
        channel="'account'",
        direction="'in'",
        source_id='source_customer_id'
    ) }}
    union all
    {{ touchpoints_of(
        'customer_records', 'customers', 'record_id', "'account_deleted'",
        'cast(deleted_date as timestamp)',
        channel="'account'",
        direction="'in'",
        source_id='source_customer_id'
    ) }}
    union all
    {{ touchpoints_of(
        'loyalty_events', 'loyalty_events', 'event_id',
        'points_kind', 'occurred_at',
        channel="'loyalty'",
        direction="case when kind = 'redeem' then 'in' else 'out' end",
        retention_mode="case when " ~ is_loyalty_reward() ~ " then 'active' end"
    ) }}

)

select * from unioned
