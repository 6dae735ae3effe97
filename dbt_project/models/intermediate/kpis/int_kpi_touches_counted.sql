with

touchpoints as (

    select * from {{ ref('touchpoints') }}

),

-- Without messages nobody knows how often the firm reached out.
messages_known as (

    select count(*) > 0 as has_messages from touchpoints
    where entity = 'interactions'

),

touches as (

    select touchpoints.*
    from touchpoints
    cross join messages_known
    where
        messages_known.has_messages
        and touchpoints.retention_mode in ('active', 'passive')

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

customer_periods as (

    select
        touches.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'touches.occurred_date') }}
            as period_start_date,
        count(*) as touches_count,
        count(*) filter (where touches.retention_mode = 'active')
            as active_count
    from touches
    cross join kinds
    group by
        touches.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'touches.occurred_date') }}

),

placed as (

    {{ kpi_placed('customer_periods', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(touches_count) as touches_count',
        'sum(active_count) as active_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'active_touch_share', 'numerator': 'active_count',
         'denominator': 'touches_count'},
    ]) }}

)

select * from counted
