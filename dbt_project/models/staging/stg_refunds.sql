with

landed as (

    select * from {{ source('raw', 'refunds') }}

),

renamed as (

    select
        refund_id,
        customer_id,
        order_id,
        source_system,
        reason,
        amount,
        cast(refunded_at as date) as refund_date,
        known_on as known_from,
        {{ known_to(['source_system', 'refund_id']) }} as known_to,
        loaded_on,
        refunded_at
    from landed
    qualify not is_tombstone

)

select * from renamed
