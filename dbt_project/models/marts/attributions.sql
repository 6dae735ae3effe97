with

orders as (

    select * from {{ ref('orders') }}
    where is_completed and total_amount is not null

),

touches as (

    select * from {{ ref('int_attribution_touches_ranked') }}

),

joined as (

    select
        orders.order_id,
        orders.customer_id,
        orders.as_of_date,
        orders.order_date,
        orders.total_amount,
        touches.touchpoint_id,
        touches.kind,
        touches.campaign_id,
        touches.retention_mode,
        touches.occurred_at,
        touches.position_number,
        orders.order_id || ':' || coalesce(touches.touchpoint_id, 'direct')
            as attribution_id,
        coalesce(touches.channel, 'direct') as channel,
        coalesce(touches.touches_count, 0) as touches_count,
        coalesce(touches.position_number = 1, true) as is_first,
        coalesce(touches.position_number = touches.touches_count, true)
            as is_last
    from orders
    left join touches on orders.order_id = touches.order_id

),

shares_cut as (

    select
        *,
        greatest(touches_count - 1, 0) as earlier_count,
        greatest(touches_count - 2, 0) as middle_count,
        {{ share_of('total_amount', 1, 'greatest(touches_count, 1)') }}
            as even_share,
        case
            when touches_count <= 1 then 0
            when touches_count = 2 then {{ share_of('total_amount', 1, 2) }}
            else {{ share_of('total_amount', 2, 5) }}
        end as first_share,
        {{ share_of(
            'total_amount', 1, '(5 * greatest(touches_count - 2, 1))'
        ) }} as middle_share
    from joined

),

shared as (

    select
        attribution_id,
        order_id,
        customer_id,
        as_of_date,
        order_date,
        touchpoint_id,
        channel,
        kind,
        campaign_id,
        retention_mode,
        occurred_at,
        position_number,
        touches_count,
        cast(
            case
                when is_last then total_amount - earlier_count * even_share
                else even_share
            end
            as decimal(18, 4)
        ) as linear_amount,
        cast(
            case
                when is_last
                    then
                        total_amount
                        - first_share
                        - middle_count * middle_share
                when is_first then first_share
                else middle_share
            end
            as decimal(18, 4)
        ) as position_amount,
        case when is_first then total_amount else 0 end as first_touch_amount,
        case when is_last then total_amount else 0 end as last_touch_amount
    from shares_cut

)

select * from shared
