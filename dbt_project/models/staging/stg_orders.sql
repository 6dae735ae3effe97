with

landed as (

    {{ versions(source('raw', 'orders'), ['source_system', 'order_id']) }}

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
        known_to,
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
    where not is_tombstone

),

cancellations as (

    select
        source_system,
        order_id,
        loaded_on,
        min(coalesce(
            cancelled_at,
            updated_at,
            cast({{ add_days('loaded_on', -1) }} as timestamp)
        )) over (
            partition by source_system, order_id
            order by known_on, loaded_on
            rows between unbounded preceding and current row
        ) as first_cancelled_at
    from {{ source('raw', 'orders') }}
    where
        lower(status) = 'cancelled'
        or (status is null and cancelled_at is not null)

),

cancellations_timed as (

    select
        renamed.*,
        case
            when renamed.status = 'cancelled'
                then
                    coalesce(
                        renamed.stated_at, cancellations.first_cancelled_at
                    )
        end as cancelled_at
    from renamed
    left join cancellations
        on
            renamed.source_system = cancellations.source_system
            and renamed.order_id = cancellations.order_id
            and renamed.loaded_on = cancellations.loaded_on

),

cancellations_dated as (

    select
        *,
        cast(cancelled_at as date) as cancelled_date
    from cancellations_timed

)

select * from cancellations_dated
