with

qualified as (

    select * from {{ ref('int_customers_qualified') }}
    where as_of_date = {{ as_of_date() }}

),

customers as (

    select * from {{ ref('int_customers_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

states as (

    select * from {{ ref('lifecycle_states') }}
    where valid_to is null

),

orders_rolled as (

    select
        customer_id,
        count(*) as orders_count,
        count(*) filter (
            where order_date >= {{ add_days('as_of_date', -365) }}
        ) as orders_count_365d,
        sum(total_amount) as spend,
        sum(total_amount) filter (
            where order_date >= {{ add_days('as_of_date', -365) }}
        ) as spend_365d
    from orders
    group by customer_id

),

refunds_rolled as (

    select
        customer_id,
        sum(amount) as refunded_amount
    from refunds
    group by customer_id

),

living as (

    select customers.*
    from customers
    inner join qualified on customers.customer_id = qualified.customer_id
    where qualified.deleted_date is null

),

joined as (

    select
        qualified.customer_id,
        qualified.as_of_date,
        living.country,
        living.city,
        customers.acquisition_channel,
        customers.acquisition_campaign,
        states.state as lifecycle_state,
        states.since_date as lifecycle_state_since_date,
        states.clm_stage,
        qualified.ineligible_reason,
        cast(coalesce(orders_rolled.orders_count, 0) as bigint)
            as orders_count,
        cast(coalesce(orders_rolled.orders_count_365d, 0) as bigint)
            as orders_count_365d,
        cast(orders_rolled.spend as decimal(38, 4)) as spend,
        cast(orders_rolled.spend_365d as decimal(38, 4))
            as spend_365d,
        cast(refunds_rolled.refunded_amount as decimal(38, 4))
            as refunded_amount,
        living.has_consent_email,
        living.has_consent_sms,
        living.has_consent_push,
        qualified.is_eligible,
        qualified.created_date,
        qualified.first_order_date,
        qualified.last_order_date,
        qualified.deleted_date
    from qualified
    left join customers on qualified.customer_id = customers.customer_id
    left join living on qualified.customer_id = living.customer_id
    left join orders_rolled
        on qualified.customer_id = orders_rolled.customer_id
    left join refunds_rolled
        on qualified.customer_id = refunds_rolled.customer_id
    left join states on qualified.customer_id = states.customer_id

)

select * from joined
