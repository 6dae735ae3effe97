with

landed as (

    select * from {{ source('raw', 'order_lines') }}

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
        {{ known_to(['source_system', 'order_id', 'line_number']) }}
            as known_to,
        loaded_on
    from landed
    qualify not is_tombstone

)

select * from renamed
