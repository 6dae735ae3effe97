with

landed as (

    select * from {{ source('raw', 'payments') }}

),

renamed as (

    select
        payment_id,
        customer_id,
        order_id,
        subscription_id,
        source_system,
        lower(status) as status,
        amount,
        cast(attempted_at as date) as attempted_date,
        known_on as known_from,
        {{ known_to(['source_system', 'payment_id']) }} as known_to,
        loaded_on,
        attempted_at
    from landed
    qualify not is_tombstone

)

select * from renamed
