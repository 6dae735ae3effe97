with

periods as (

    select * from {{ ref('int_subscription_periods_joined') }}
    where as_of_date = {{ as_of_date() }}

),

described as (

    select
        customer_id,
        cast(period_number as bigint) as period_number,
        {{ as_of_date() }} as as_of_date,
        cast(subscriptions_count as bigint) as subscriptions_count,
        last_subscription_id,
        cast(annual_value as decimal(18, 4)) as annual_value,
        started_date,
        ended_date,
        is_churned,
        case when is_churned then ended_date end as churned_date
    from periods

)

select * from described
