with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

firsts as (

    select
        customer_id,
        {{ period_start("'month'", 'min(order_date)') }} as cohort_month
    from orders
    group by customer_id

),

sizes as (

    select
        cohort_month,
        count(*) as size
    from firsts
    group by cohort_month

),

activity as (

    select
        firsts.cohort_month,
        {{ period_start("'month'", 'orders.order_date') }} as month_date,
        count(distinct orders.customer_id) as active_customers,
        count(orders.total_amount) as amounts_count,
        sum(orders.total_amount) as revenue
    from orders
    inner join firsts on orders.customer_id = firsts.customer_id
    group by
        firsts.cohort_month,
        {{ period_start("'month'", 'orders.order_date') }}

),

months as (

    select * from {{ ref('int_periods_spanned') }}
    where period = 'month'

),

cells as (

    select
        sizes.cohort_month,
        sizes.size,
        months.period_start_date as month_date,
        months.is_over,
        row_number() over (
            partition by sizes.cohort_month
            order by months.period_start_date
        ) - 1 as months_since
    from sizes
    inner join months on sizes.cohort_month <= months.period_start_date

),

cohorts as (

    select
        cells.cohort_month,
        cells.months_since,
        {{ as_of_date() }} as as_of_date,
        cells.size,
        case
            when cells.is_over then coalesce(activity.active_customers, 0)
        end as active_customers,
        case
            when cells.is_over
                then {{ ratio(
                    'coalesce(activity.active_customers, 0)', 'cells.size'
                ) }}
        end as retained_share,
        case
            when not cells.is_over then null
            when activity.amounts_count > 0 then activity.revenue
            when
                activity.month_date is null
                and sum(activity.amounts_count) over () > 0
                then 0
        end as revenue,
        cells.is_over
    from cells
    left join activity
        on
            cells.cohort_month = activity.cohort_month
            and cells.month_date = activity.month_date

)

select * from cohorts
