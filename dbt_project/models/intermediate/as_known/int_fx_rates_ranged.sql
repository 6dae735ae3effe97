with

orders as (

    select * from {{ ref('stg_orders') }}

),

rates as (

    select * from {{ ref('fx_rates') }}

),

currencies as (

    select
        currency,
        min(currency) over () as only_currency,
        {{ reporting_currency() }} as wanted_currency
    from orders
    where currency is not null
    group by currency

),

targets as (

    select
        currency,
        coalesce(wanted_currency, only_currency) as reporting_currency
    from currencies

),

identities as (

    select
        currency,
        reporting_currency,
        cast('0001-01-01' as date) as valid_from,
        cast(1 as decimal(18, 8)) as rate
    from targets
    where currency = reporting_currency

),

conversions as (

    select
        targets.currency,
        targets.reporting_currency,
        rates.valid_from,
        rates.rate
    from targets
    inner join rates
        on
            targets.currency = rates.currency
            and targets.reporting_currency = rates.to_currency
    where targets.currency != targets.reporting_currency

),

together as (

    select * from identities
    union all
    select * from conversions

),

ranged as (

    select
        currency,
        reporting_currency,
        rate,
        valid_from,
        coalesce(
            lead(valid_from) over (
                partition by currency
                order by valid_from
            ),
            cast('9999-12-31' as date)
        ) as valid_to
    from together

)

select * from ranged
