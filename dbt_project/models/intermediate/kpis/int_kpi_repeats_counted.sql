with

repeats as (

    select * from {{ ref('int_kpi_repeats_ranged') }}
    where repeat_from < repeat_to

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}
    where valid_to > {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

buyers as (

    select * from {{ ref('int_kpi_presence_stocked') }}

),

moves as (

    select
        customer_id,
        repeat_from as stock_date,
        1 as customers_count
    from repeats
    union all
    select
        customer_id,
        repeat_to as stock_date,
        -1 as customers_count
    from repeats

),

placed as (

    {{ kpi_placed_for_good('moves', 'lives') }}

),

moves_rolled as (

    {{ kpi_rolled(
        'placed', ['sum(customers_count) as customers_count'],
        kpi_lasting_dimensions(), by=['stock_date']
    ) }}

),

repeaters as (

    {{ kpi_stocks('moves_rolled', ['customers_count'], 'periods') }}

),

at_end as (

    select
        periods.period,
        periods.period_start_date,
        buyers.dimension,
        buyers.dimension_value,
        buyers.customers_count as buyers_count,
        coalesce(repeaters.customers_count, 0) as repeaters_count
    from periods
    inner join buyers on periods.measured_date = buyers.stock_date
    left join repeaters
        on
            buyers.stock_date = repeaters.stock_date
            and buyers.dimension = repeaters.dimension
            and buyers.dimension_value = repeaters.dimension_value
    where
        buyers.dimension = 'all'
        or (
            periods.period != 'day'
            and buyers.dimension in (
                'acquisition_channel', 'country', 'cohort'
            )
        )

),

counted as (

    {{ kpis_of('at_end', [
        {'name': 'repeat_purchase_rate', 'numerator': 'repeaters_count',
         'denominator': 'buyers_count'},
    ]) }}

)

select * from counted
