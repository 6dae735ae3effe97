with

landed as (

    select * from {{ source('raw', 'products') }}

),

renamed as (

    select
        product_id,
        source_system,
        name as product_name,
        category,
        unit_cost,
        known_on as known_from,
        {{ known_to(['source_system', 'product_id']) }} as known_to,
        loaded_on
    from landed
    qualify not is_tombstone

)

select * from renamed
