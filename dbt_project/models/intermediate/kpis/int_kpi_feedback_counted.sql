with

answers_kept as (

    select * from {{ ref('int_kpi_answers_kept') }}

),

lives as (

    select * from {{ ref('int_kpi_customers_ranged') }}

),

placed as (

    {{ kpi_placed('answers_kept', 'lives') }}

),

rolled as (

    {{ kpi_rolled('placed', [
        'sum(nps_points) as nps_points',
        'sum(nps_points * nps_points) as squared_nps_points',
        'count(nps_points) as nps_answers',
        'sum(csat_count) as satisfied_count',
        'count(csat_count) as csat_answers',
        'sum(ces_score) as ces_score',
        'sum(ces_score * ces_score) as squared_ces_score',
        'count(ces_score) as ces_answers',
    ]) }}

),

counted as (

    {{ kpis_of('rolled', [
        {'name': 'nps', 'numerator': 'nps_points',
         'denominator': 'nps_answers', 'squares': 'squared_nps_points'},
        {'name': 'csat', 'numerator': 'satisfied_count',
         'denominator': 'csat_answers'},
        {'name': 'ces', 'numerator': 'ces_score',
         'denominator': 'ces_answers', 'squares': 'squared_ces_score'},
    ]) }}

)

select * from counted
