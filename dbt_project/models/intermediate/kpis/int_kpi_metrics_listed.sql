with

metrics as (

    select listed.*
    from (
        values
        ('new_customers', 'acquisition', 'count', null, null, null),
        ('cac', 'acquisition', 'amount', null, null, null),
        ('lead_conversion_rate', 'acquisition', 'share', 'share', null, null),
        ('orders', 'engagement', 'count', null, null, null),
        ('revenue', 'engagement', 'amount', null, null, null),
        ('active_customers', 'engagement', 'count', null, null, null),
        ('purchase_frequency', 'engagement', 'count', 'mean', 1, null),
        ('average_order_value', 'engagement', 'amount', 'mean', null, null),
        ('nps', 'engagement', 'score', 'mean', -100, 100),
        ('csat', 'engagement', 'share', 'share', null, null),
        ('ces', 'engagement', 'score', 'mean', 1, 7),
        ('engagement_score', 'engagement', 'score', 'mean', 0, 100),
        ('active_touch_share', 'engagement', 'share', 'share', null, null),
        (
            'ticket_first_response_hours',
            'engagement',
            'hours',
            null,
            null,
            null
        ),
        ('ticket_resolution_hours', 'engagement', 'hours', null, null, null),
        ('refund_rate', 'engagement', 'share', 'share', null, null),
        ('refunded_amount', 'engagement', 'amount', null, null, null),
        ('payment_failure_rate', 'engagement', 'share', 'share', null, null),
        ('customers_present', 'retention', 'count', null, null, null),
        ('churn_rate_start_base', 'retention', 'share', 'share', null, null),
        ('churn_rate_stripe', 'retention', 'share', 'share', null, null),
        ('retention_rate', 'retention', 'share', 'share', null, null),
        ('repeat_purchase_rate', 'retention', 'share', 'share', null, null),
        ('second_order_rate_90d', 'retention', 'share', 'share', null, null),
        ('cltv', 'retention', 'amount', 'mean', null, null),
        ('subscription_churn_rate', 'retention', 'share', 'share', null, null),
        ('renewal_rate', 'renewal', 'share', 'share', null, null),
        ('renewal_rate_value', 'renewal', 'share', null, null, null),
        ('average_contract_value', 'renewal', 'amount', 'mean', null, null)
    ) as listed (
        metric, clm_stage, unit, interval_kind, least_value, most_value
    )

)

select * from metrics
