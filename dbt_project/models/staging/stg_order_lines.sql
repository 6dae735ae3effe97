with

landed as (

    {{ versions(
        source('raw', 'order_lines'), ['source_system', 'order_id', 'line_number']
    ) }}

),

renamed as (

    select
        order_id,
        line_number,
        product_id,
        source_system,
        quantity,
        unit_price,
        discount_amount,
        known_on as known_from,
        known_to,
        loaded_on
    from landed
    where not is_tombstone

)

select * from renamed
