{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

-- One row a currency and span, not an order: the days are counted on few rows.
currencies_ranged as (

    select distinct
        currency,
        greatest(known_from, {{ add_days('order_date', 1) }}) as known_from,
        known_to
    from {{ ref('stg_orders') }}

),

counted as (

    select
        days.as_of_date,
        count(distinct currencies_ranged.currency) as currencies_count,
        case
            when count(distinct currencies_ranged.currency) = 1
                then min(currencies_ranged.currency)
        end as only_currency
    from days
    inner join currencies_ranged
        on {{ known_on_day('currencies_ranged') }}
    group by days.as_of_date

)

select * from counted
