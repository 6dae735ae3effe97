with

landed as (

    select * from {{ source('raw', 'orders') }}

),

renamed as (

    select
        order_id,
        customer_id,
        source_system,
        coalesce(
            lower(status),
            case when cancelled_at is not null then 'cancelled' end,
            'completed'
        ) as status,
        channel,
        upper(currency) as currency,
        coupon,
        total_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        cast(ordered_at as date) as order_date,
        cast(cancelled_at as date) as stated_date,
        coalesce(
            cast(cancelled_at as date),
            cast(updated_at as date),
            {{ add_days('loaded_on', -1) }}
        ) as status_date,
        known_on as known_from,
        {{ known_to(['source_system', 'order_id']) }} as known_to,
        loaded_on,
        ordered_at,
        updated_at
    from landed
    qualify not is_tombstone

),

cancellations_dated as (

    select
        *,
        case
            when status = 'cancelled'
                then
                    coalesce(
                        stated_date,
                        min(case when status = 'cancelled' then status_date end)
                            over (
                                partition by source_system, order_id
                                order by known_from, loaded_on
                                rows between unbounded preceding
                                and current row
                            )
                    )
        end as cancelled_date
    from renamed

)

select * from cancellations_dated
