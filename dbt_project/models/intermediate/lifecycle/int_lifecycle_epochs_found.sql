{{ config(materialized='table') }}

with

eras as (

    select * from {{ ref('int_customer_eras_split') }}

),

order_days as (

    select * from {{ ref('int_order_days_measured') }}

),

epochs_with_orders as (

    select
        customer_id,
        order_date as last_order_date,
        order_id as last_order_id,
        first_order_date,
        reactivated_date,
        {{ own_gap('median_gap_days', 'order_days_count') }} as own_gap_days,
        greatest({{ add_days('order_date', 1) }}, era_from) as epoch_from,
        least(
            coalesce(
                {{ add_days('next_order_date', 1) }},
                cast('9999-12-31' as date)
            ),
            era_to
        ) as epoch_to
    from order_days

),

first_orders as (

    select
        customer_id,
        era_from,
        min(order_date) as first_order_date
    from order_days
    group by customer_id, era_from

),

epochs_without_orders as (

    select
        eras.customer_id,
        cast(null as date) as last_order_date,
        cast(null as {{ dbt.type_string() }}) as last_order_id,
        cast(null as date) as first_order_date,
        cast(null as date) as reactivated_date,
        cast(null as {{ dbt.type_float() }}) as own_gap_days,
        eras.era_from as epoch_from,
        coalesce(
            {{ add_days('first_orders.first_order_date', 1) }},
            eras.era_to
        ) as epoch_to
    from eras
    left join first_orders
        on
            eras.customer_id = first_orders.customer_id
            and eras.era_from = first_orders.era_from

),

together as (

    select * from epochs_with_orders
    union all
    select * from epochs_without_orders

),

epochs as (

    select * from together
    where epoch_from < epoch_to

)

select * from epochs
