with

days as (

    select * from {{ ref('as_of_dates') }}

),

surveys as (

    select * from {{ ref('stg_surveys') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

surveys_known as (

    select
        days.as_of_date,
        surveys.response_id,
        surveys.customer_id,
        surveys.source_system,
        surveys.survey,
        surveys.comment,
        surveys.score,
        surveys.responded_date,
        surveys.known_from,
        surveys.responded_at
    from days
    inner join surveys
        on
            days.as_of_date > surveys.responded_date
            and {{ known_on_day('surveys') }}

),

identified as (

    select
        surveys_known.as_of_date,
        surveys_known.response_id,
        surveys_known.source_system,
        surveys_known.customer_id as source_customer_id,
        {{ person('surveys_known', 'links') }} as customer_id,
        surveys_known.survey,
        surveys_known.comment,
        surveys_known.score,
        surveys_known.responded_date,
        surveys_known.known_from,
        surveys_known.responded_at
    from surveys_known
    left join links on {{ is_linked('surveys_known', 'links') }}

)

select * from identified
