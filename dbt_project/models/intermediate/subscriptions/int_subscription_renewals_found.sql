{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_subscription_periods_numbered') }}
    where as_of_date = {{ as_of_date() }}

),

terms as (

    select
        subscription_id,
        customer_id,
        started_at,
        case
            when coalesce(ended_date, period_end_date) < started_date
                then started_date
            else coalesce(ended_date, period_end_date)
        end as due_date
    from subscriptions

),

named as (

    select
        terms.subscription_id,
        later.subscription_id as renewed_by_subscription_id,
        0 as precedence,
        later.started_at
    from terms
    inner join subscriptions as later
        on
            terms.subscription_id = later.renews_subscription_id
            and terms.customer_id = later.customer_id
            and terms.started_at < later.started_at
            and {{ add_days('terms.due_date', var('restart_days')) }}
            >= later.started_date

),

followed as (

    select
        terms.subscription_id,
        later.subscription_id as renewed_by_subscription_id,
        1 as precedence,
        later.started_at
    from terms
    inner join subscriptions as later
        on
            terms.customer_id = later.customer_id
            and terms.started_at < later.started_at
            and {{ add_days('terms.due_date', -var('restart_days')) }}
            <= later.started_date
            and {{ add_days('terms.due_date', var('restart_days')) }}
            >= later.started_date

),

together as (

    select * from named
    union all
    select * from followed

),

renewals as (

    select
        subscription_id,
        renewed_by_subscription_id
    from together
    qualify row_number() over (
        partition by subscription_id
        order by precedence, started_at, renewed_by_subscription_id
    ) = 1

),

judged as (

    select
        terms.subscription_id,
        terms.due_date,
        renewals.renewed_by_subscription_id,
        coalesce(
            {{ add_days('terms.due_date', var('restart_days')) }}
            < {{ as_of_date() }},
            false
        ) as is_due
    from terms
    left join renewals on terms.subscription_id = renewals.subscription_id

)

select * from judged
