{{ config(materialized='table') }}

with

order_days as (

    select * from {{ ref('int_lifecycle_order_days_found') }}

),

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

{% for period in ['day', 'week', 'month'] %}
    customers_of_the_{{ period }} as (

        select
            customer_id,
            cast({{ dbt.date_trunc(period, 'order_date') }} as date)
                as period_start_date,
            bool_or(is_new) as is_new,
            bool_or(is_reactivated) as is_reactivated
        from order_days
        group by
            customer_id,
            cast({{ dbt.date_trunc(period, 'order_date') }} as date)

    ),

    silences_of_the_{{ period }} as (

        select
            cast(
                {{ dbt.date_trunc(period, add_days('present_to', -1)) }}
                as date
            ) as period_start_date,
            count(distinct customer_id) as gone_quiet_customers
        from presences
        where present_to is not null
        group by
            cast(
                {{ dbt.date_trunc(period, add_days('present_to', -1)) }}
                as date
            )

    ),
{% endfor %}

counted as (

    {% for period in ['day', 'week', 'month'] %}
        select
            '{{ period }}' as period,
            period_start_date,
            count(*) as active_customers,
            count(*) filter (where is_new) as new_customers,
            count(*) filter (where not is_new and not is_reactivated)
                as returning_customers,
            count(*) filter (where is_reactivated and not is_new)
                as reactivated_customers,
            0 as gone_quiet_customers
        from customers_of_the_{{ period }}
        group by period_start_date
        union all
        select
            '{{ period }}' as period,
            period_start_date,
            0 as active_customers,
            0 as new_customers,
            0 as returning_customers,
            0 as reactivated_customers,
            gone_quiet_customers
        from silences_of_the_{{ period }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

moves as (

    select
        period,
        period_start_date,
        sum(active_customers) as active_customers,
        sum(new_customers) as new_customers,
        sum(returning_customers) as returning_customers,
        sum(reactivated_customers) as reactivated_customers,
        sum(gone_quiet_customers) as gone_quiet_customers
    from counted
    group by period, period_start_date

)

select * from moves
