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
        known_on as known_from,
        {{ known_to(['source_system', 'order_id']) }} as known_to,
        loaded_on,
        ordered_at,
        updated_at,
        cancelled_at as stated_at,
        coalesce(
            cancelled_at,
            updated_at,
            cast({{ add_days('loaded_on', -1) }} as timestamp)
        ) as status_at
    from landed
    qualify not is_tombstone

),

cancellations_timed as (

    select
        *,
        case
            when status = 'cancelled'
                then
                    coalesce(
                        stated_at,
                        min(case when status = 'cancelled' then status_at end)
                            over (
                                partition by source_system, order_id
                                order by known_from, loaded_on
                                rows between unbounded preceding
                                and current row
                            )
                    )
        end as cancelled_at
    from renamed

),

cancellations_dated as (

    select
        *,
        cast(cancelled_at as date) as cancelled_date
    from cancellations_timed

)

select * from cancellations_dated
