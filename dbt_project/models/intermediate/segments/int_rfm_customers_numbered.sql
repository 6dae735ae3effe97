{{ config(materialized='table') }}

with

presences as (

    select * from {{ ref('int_presence_ranged') }}

),

numbered as (

    select
        customer_id,
        row_number() over (order by customer_id) as customer_number
    from presences
    where is_first

)

select * from numbered
