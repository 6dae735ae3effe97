with

landed as (

    {{ versions(source('raw', 'payments'), ['source_system', 'payment_id']) }}

),

renamed as (

    select
        payment_id,
        customer_id,
        order_id,
        subscription_id,
        source_system,
        amount,
        cast(attempted_at as date) as attempted_date,
        known_on as known_from,
        known_to,
        loaded_on,
        attempted_at,
        lower(status) as status
    from landed
    where not is_tombstone

)

select * from renamed
