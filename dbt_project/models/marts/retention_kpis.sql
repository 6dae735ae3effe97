with

families as (

    select * from {{ ref('int_kpi_families_unioned') }}

),

metrics as (

    select * from {{ ref('int_kpi_metrics_listed') }}

),

kpis_described as (

    select
        families.metric,
        metrics.clm_stage,
        metrics.unit,
        metrics.interval_kind,
        metrics.least_value,
        metrics.most_value,
        families.period,
        families.period_start_date,
        {{ period_end(
            'families.period', 'families.period_start_date'
        ) }} as period_end_date,
        families.dimension,
        families.dimension_value,
        coalesce(
            families.measured_value,
            {{ ratio(
                'families.numerator', 'families.denominator'
            ) }},
            cast(families.numerator as double)
        ) as kpi_value,
        families.numerator,
        families.denominator,
        families.n,
        families.standard_error
    from families
    inner join metrics on families.metric = metrics.metric

),

kpis as (

    select
        metric,
        clm_stage,
        unit,
        period,
        period_start_date,
        period_end_date,
        period_end_date <= {{ as_of_date() }} as is_over,
        dimension,
        dimension_value,
        {{ as_of_date() }} as as_of_date,
        {{ named_value('kpi_value') }},
        numerator,
        denominator,
        n,
        case
            when interval_kind = 'share'
                then least(
                    kpi_value, {{ wilson_lower('numerator', 'denominator') }}
                )
            when standard_error is not null
                then greatest(
                    kpi_value - {{ t_quantile_95('(n - 1)') }} * standard_error,
                    least_value
                )
        end as lower,
        case
            when interval_kind = 'share'
                then greatest(
                    kpi_value, {{ wilson_upper('numerator', 'denominator') }}
                )
            when standard_error is not null
                then least(
                    kpi_value + {{ t_quantile_95('(n - 1)') }} * standard_error,
                    most_value
                )
        end as upper
    from kpis_described

)

select * from kpis
