with

landed as (

    {{ versions(source('raw', 'refunds'), ['source_system', 'refund_id']) }}

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
        known_to,
        loaded_on,
        refunded_at
    from landed
    where not is_tombstone

)

select * from renamed
