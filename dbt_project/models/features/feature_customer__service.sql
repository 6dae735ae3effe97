with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

tickets as (

    select * from {{ ref('int_tickets_windowed') }}

),

payments as (

    select * from {{ ref('int_payments_windowed') }}

),

refunds as (

    select * from {{ ref('int_refunds_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        {%- for days in [90, 365] %}
            {{ counted_if(
                'refunds.refunds_count_' ~ days ~ 'd', 'customers.has_refunds'
            ) }} as refunds_count_{{ days }}d,
            cast(
                case
                    when refunds.refunds_count_{{ days }}d > 0
                        then refunds.refunds_amount_{{ days }}d
                    when customers.has_refunds then 0
                end as double
            ) as refunds_amount_{{ days }}d,
        {%- endfor %}
        {%- for count in [
            'tickets_count_30d', 'tickets_count_90d', 'tickets_count_180d',
            'tickets_count_365d', 'open_tickets_count',
            'overdue_tickets_count_90d', 'overdue_tickets_count_365d',
        ] %}
            {{ counted_if('tickets.' ~ count, 'customers.has_tickets') }}
                as {{ count }},
        {%- endfor %}
        tickets.longest_open_ticket_days,
        tickets.days_since_last_ticket,
        tickets.mean_first_response_hours_365d,
        tickets.mean_resolution_hours_365d,
        {%- for count in [
            'failed_payments_count_30d', 'failed_payments_count_90d',
            'failed_payments_count_180d', 'failed_payments_count_365d',
            'unrecovered_failed_payments_count_90d',
        ] %}
            {{ counted_if('payments.' ~ count, 'customers.has_payments') }}
                as {{ count }},
        {%- endfor %}
        payments.failed_payments_share_365d,
        payments.days_since_last_failed_payment,
        payments.is_last_payment_failed
    from customers
    left join tickets
        on
            customers.as_of_date = tickets.as_of_date
            and customers.customer_id = tickets.customer_id
    left join payments
        on
            customers.as_of_date = payments.as_of_date
            and customers.customer_id = payments.customer_id
    left join refunds
        on
            customers.as_of_date = refunds.as_of_date
            and customers.customer_id = refunds.customer_id

)

select * from measured
