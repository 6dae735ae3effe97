with

subscription_periods as (

    select * from {{ ref('subscription_periods') }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

stays as (

    select
        lives.acquisition_channel,
        lives.country,
        lives.cohort,
        lives.segment,
        lives.lifecycle_state,
        greatest(
            lives.valid_from,
            {{ add_days('subscription_periods.started_date', 1) }}
        ) as valid_from,
        least(
            lives.valid_to,
            coalesce(
                {{ add_days('subscription_periods.ended_date', 1) }},
                lives.valid_to
            )
        ) as valid_to
    from subscription_periods
    inner join lives
        on
            subscription_periods.customer_id = lives.customer_id
            and subscription_periods.started_date < lives.valid_to
            and coalesce(
                subscription_periods.ended_date, cast('9999-12-31' as date)
            ) >= lives.valid_from

),

moves as (

    select
        *,
        valid_from as stock_date,
        1 as customers_count
    from stays
    where valid_from < valid_to
    union all
    select
        *,
        valid_to as stock_date,
        -1 as customers_count
    from stays
    where valid_from < valid_to

),

moves_rolled as (

    {{ kpi_rolled(
        'moves', ['sum(customers_count) as customers_count'], by=['stock_date']
    ) }}

),

stocked as (

    {{ kpi_stocks('moves_rolled', ['customers_count'], 'periods') }}

)

select * from stocked
