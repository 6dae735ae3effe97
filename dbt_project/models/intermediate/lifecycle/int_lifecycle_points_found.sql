with

epochs as (

    select * from {{ ref('int_lifecycle_epochs_found') }}

),

gaps as (

    select * from {{ ref('int_lifecycle_gaps_ranged') }}

),

subscriptions as (

    select * from {{ ref('int_lifecycle_subscriptions_ranged') }}

),

points as (

    select
        customer_id,
        epoch_from,
        epoch_from as point_date
    from epochs
    {% for anchor, days in [
        ('first_order_date', var('onboarding_days')),
        ('reactivated_date', var('onboarding_days')),
        ('last_order_date', var('eligible_days')),
        ('last_order_date', 2 * var('eligible_days')),
    ] %}
        union all
        select
            customer_id,
            epoch_from,
            {{ add_days(anchor, days + 1) }} as point_date
        from epochs
        where {{ anchor }} is not null
    {% endfor %}
    union all
    select
        customer_id,
        epoch_from,
        gap_from as point_date
    from gaps
    {% for gaps_count in [var('active_gaps'), var('cooling_gaps')] %}
        union all
        select
            customer_id,
            epoch_from,
            {{ add_days(
                'last_order_date',
                'cast(floor(' ~ gaps_count ~ ' * gap_days) as int) + 1'
            ) }} as point_date
        from gaps
    {% endfor %}
    {% for edge in ['valid_from', 'valid_to'] %}
        union all
        select
            epochs.customer_id,
            epochs.epoch_from,
            subscriptions.{{ edge }} as point_date
        from subscriptions
        inner join epochs
            on
                subscriptions.customer_id = epochs.customer_id
                and subscriptions.{{ edge }} > epochs.epoch_from
                and subscriptions.{{ edge }} < epochs.epoch_to
    {% endfor %}

),

points_in_epochs as (

    select distinct
        epochs.customer_id,
        epochs.epoch_from,
        points.point_date
    from points
    inner join epochs
        on
            points.customer_id = epochs.customer_id
            and points.epoch_from = epochs.epoch_from
            and points.point_date >= epochs.epoch_from
            and points.point_date < epochs.epoch_to
    where points.point_date <= {{ as_of_date() }}

)

select * from points_in_epochs
