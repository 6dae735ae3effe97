with

campaigns as (

    select * from {{ ref('int_campaigns_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

leads as (

    select * from {{ ref('int_leads_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_periods_spanned') }}

),

acquisition_campaigns as (

    select
        coalesce(channel, 'unknown') as channel,
        campaign_cost,
        started_date,
        {{ add_days(
            'greatest(started_date, coalesce(ended_date, '
            ~ add_days(as_of_date(), -1) ~ '))',
            1
        ) }} as closed_date
    from campaigns
    where
        campaign_cost is not null
        and started_date < {{ as_of_date() }}
        and (
            retention_mode is null
            or campaign_id in (select leads.campaign_id from leads)
        )

),

costs_spread as (

    select
        periods.period,
        periods.period_start_date,
        campaigns_run.channel,
        cast(
            cast(campaigns_run.campaign_cost as double)
            * {{ days_between(
                'campaigns_run.started_date',
                'least(campaigns_run.closed_date, periods.measured_date)'
            ) }}
            / {{ days_between(
                'campaigns_run.started_date', 'campaigns_run.closed_date'
            ) }} as decimal(18, 4)
        )
        - cast(
            cast(campaigns_run.campaign_cost as double)
            * {{ days_between(
                'campaigns_run.started_date',
                'greatest('
                ~ 'campaigns_run.started_date, periods.period_start_date)'
            ) }}
            / {{ days_between(
                'campaigns_run.started_date', 'campaigns_run.closed_date'
            ) }} as decimal(18, 4)
        ) as cost_spent
    from acquisition_campaigns as campaigns_run
    inner join periods
        on
            campaigns_run.started_date < periods.measured_date
            and campaigns_run.closed_date > periods.period_start_date
            and campaigns_run.closed_date > campaigns_run.started_date

)

select * from costs_spread
