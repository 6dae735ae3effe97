with

epochs as (

    select * from {{ ref('int_lifecycle_epochs_found') }}

),

months as (

    select * from {{ ref('int_population_gaps_by_month') }}

),

reach as (

    select max(gap_days) as longest_gap_days from months

),

epochs_with_reach as (

    -- Past this day no gap, however long, can change the state any more.
    select
        epochs.*,
        {{ add_days(
            'epochs.last_order_date',
            'cast(floor(' ~ var('cooling_gaps')
            ~ ' * reach.longest_gap_days) as int) + 1'
        ) }} as gap_matters_to
    from epochs
    cross join reach

),

gaps as (

    select
        epochs_with_reach.customer_id,
        epochs_with_reach.epoch_from,
        epochs_with_reach.last_order_date,
        months.gap_days,
        months.month_from as gap_from
    from epochs_with_reach
    inner join months
        on
            epochs_with_reach.gap_matters_to >= months.month_from
            and epochs_with_reach.last_order_date < months.month_to
    where epochs_with_reach.own_gap_days is null
    union all
    select
        customer_id,
        epoch_from,
        last_order_date,
        own_gap_days as gap_days,
        epoch_from as gap_from
    from epochs_with_reach
    where own_gap_days is not null

)

select * from gaps
