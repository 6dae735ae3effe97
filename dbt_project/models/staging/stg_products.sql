with

landed as (

    {{ versions(source('raw', 'products'), ['source_system', 'product_id']) }}

),

renamed as (

    select
        product_id,
        source_system,
        name as product_name,
        category,
        unit_cost,
        known_on as known_from,
        known_to,
        loaded_on
    from landed
    where not is_tombstone

)

select * from renamed
