with

records as (

    select * from {{ ref('int_customer_records_as_known') }}

),

deletions as (

    select
        as_of_date,
        customer_id,
        source_system,
        max(deleted_date) as deleted_date
    from records
    group by as_of_date, customer_id, source_system
    having count(*) = count(deleted_date)

)

select * from deletions
