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
        coalesce(
            nullif('{{ var("reporting_currency") }}', ''),
            min(currency) over ()
        ) as reporting_currency
    from orders
    where currency is not null
    group by currency

),

identities as (

    select
        currency,
        reporting_currency,
        cast('0001-01-01' as date) as valid_from,
        cast(1 as decimal(18, 8)) as rate
    from currencies
    where currency = reporting_currency

),

conversions as (

    select
        currencies.currency,
        currencies.reporting_currency,
        rates.valid_from,
        rates.rate
    from currencies
    inner join rates
        on
            currencies.currency = rates.currency
            and currencies.reporting_currency = rates.to_currency
    where currencies.currency != currencies.reporting_currency

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
