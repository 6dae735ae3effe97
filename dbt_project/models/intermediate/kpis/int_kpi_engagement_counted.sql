with

segments as (

    select * from {{ ref('segments') }}
    where engagement_score is not null

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

kinds as (

    {{ kpi_periods() }}

),

scores as (

    select
        segments.customer_id,
        kinds.period,
        {{ period_start('kinds.period', add_days(as_of_date(), -1)) }}
            as period_start_date,
        cast(segments.engagement_score as decimal(18, 4)) as score
    from segments
    cross join kinds

),

placed as (

    {{ kpi_placed('scores', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(score) as score',
        'sum(score * score) as squared_score',
        'count(*) as scores_count',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'engagement_score', 'numerator': 'score',
         'denominator': 'scores_count', 'squares': 'squared_score'},
    ]) }}

)

select * from counted
