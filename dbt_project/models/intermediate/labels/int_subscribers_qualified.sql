with

customers as (

    select * from {{ ref('int_customers_qualified') }}

),

periods as (

    select * from {{ ref('int_subscription_periods_joined') }}

),

periods_rolled as (

    select
        as_of_date,
        customer_id,
        count(*) > count(ended_date) as is_subscriber
    from periods
    group by as_of_date, customer_id

),

reasons_found as (

    select
        customers.as_of_date,
        customers.customer_id,
        customers.last_order_date,
        case
            when customers.deleted_date is not null then 'deleted'
            when periods_rolled.customer_id is null then 'never_subscribed'
            when not periods_rolled.is_subscriber then 'already_gone'
        end as ineligible_reason
    from customers
    left join periods_rolled
        on
            customers.as_of_date = periods_rolled.as_of_date
            and customers.customer_id = periods_rolled.customer_id

),

qualified as (

    select
        *,
        ineligible_reason is null as is_eligible
    from reasons_found

)

select * from qualified
