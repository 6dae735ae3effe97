{#- The kinds of period that KPIs are told for. -#}
{% macro kpi_periods() -%}
    select 'day' as period
    union all
    select 'week' as period
    union all
    select 'month' as period
{%- endmacro %}

{#- The first day of the period that holds a day; weeks begin on Monday. -#}
{% macro period_start(period, day) -%}
    cast(date_trunc({{ period }}, {{ day }}) as date)
{%- endmacro %}

{#- The first day after the period that begins on a day. -#}
{% macro period_end(period, start) -%}
    case {{ period }}
        when 'day' then {{ add_days(start, 1) }}
        when 'week' then {{ add_days(start, 7) }}
        else cast({{ dbt.dateadd('month', 1, start) }} as date)
    end
{%- endmacro %}

{#- Every day from one to another, both included, as rows. -#}
{% macro days_from_to(first, last) -%}
    select cast(unnest(generate_series(
        {{ first }}, {{ last }}, interval 1 day
    )) as date) as every_day
{%- endmacro %}

{#- What a customer is like whatever the day, and what only an order has. -#}
{% macro kpi_lasting_dimensions() -%}
    {{ return(['acquisition_channel', 'country', 'cohort']) }}
{%- endmacro %}

{#- What a customer is like on the first day of a period. -#}
{% macro kpi_customer_dimensions() -%}
    {{ return(kpi_lasting_dimensions() + ['segment', 'lifecycle_state']) }}
{%- endmacro %}

{#-
    The rows of something that customers did, with what they were like on the first day of its period. `rows` have
    customer_id, period, period_start_date; `lives` are those of int_kpi_customers_ranged.
-#}
{% macro kpi_placed(rows, lives) -%}
    select
        {{ rows }}.*,
        coalesce({{ lives }}.acquisition_channel, 'unknown')
            as acquisition_channel,
        coalesce({{ lives }}.country, 'unknown') as country,
        coalesce({{ lives }}.cohort, 'none') as cohort,
        coalesce({{ lives }}.segment, 'none') as segment,
        coalesce({{ lives }}.lifecycle_state, 'prospect') as lifecycle_state
    from {{ rows }}
    left join {{ lives }}
        on
            {{ rows }}.customer_id = {{ lives }}.customer_id
            and {{ rows }}.period_start_date >= {{ lives }}.valid_from
            and {{ rows }}.period_start_date < {{ lives }}.valid_to
{%- endmacro %}

{#- The same for rows without a period: what the customers are like whatever the day. -#}
{% macro kpi_placed_for_good(rows, lives) -%}
    select
        {{ rows }}.*,
        {{ lives }}.{{ kpi_lasting_dimensions() | join(', ' ~ lives ~ '.') }}
    from {{ rows }}
    inner join {{ lives }}
        on {{ rows }}.customer_id = {{ lives }}.customer_id
{%- endmacro %}

{#- The value of a dimension, by the name in a column. -#}
{% macro kpi_dimension_value(name, dimensions) -%}
    case {{ name }}
        {%- for dimension in dimensions %}
        when '{{ dimension }}' then {{ dimension }}
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}

{#-
    Placed rows rolled up for everybody and for each value of each dimension, one row each. `by` are columns beside the
    dimension; `measures` is what to select. Days are told for everybody only, unless has_days.
-#}
{% macro kpi_rolled(
    rows, measures, dimensions=none, has_days=false,
    by=['period', 'period_start_date']
) -%}
{%- set dimensions = dimensions or kpi_customer_dimensions() -%}
    select
        {{ by | join(', ') }},
        named.dimension,
        {{ kpi_dimension_value('named.dimension', dimensions) }} as dimension_value,
        {{ measures | join(', ') }}
    from {{ rows }}
    cross join (
        select 'all' as dimension
        {%- for dimension in dimensions %}
        union all
        select '{{ dimension }}' as dimension
        {%- endfor %}
    ) as named
    {%- if not has_days and 'period' in by %}
    where period != 'day' or named.dimension = 'all'
    {%- endif %}
    group by
        {{ by | join(', ') }},
        named.dimension,
        {{ kpi_dimension_value('named.dimension', dimensions) }}
{%- endmacro %}

{#-
    KPIs of rolled rows in the shape that retention_kpis reads. Each metric is a name and columns or expressions: its
    numerator, denominator and n; `squares` (the sum of squared observations) where it is a mean, and `products` and
    `squared_denominators` where an observation has a denominator of its own; `measured` where it is neither. What has
    nothing to divide by has no row.
-#}
{% macro kpis_of(rows, metrics) -%}
    {%- for metric in metrics %}
    {%- set denominator = metric.denominator or 'null' %}
    select
        '{{ metric.name }}' as metric,
        period,
        period_start_date,
        dimension,
        dimension_value,
        cast({{ metric.numerator or 'null' }} as decimal(38, 4)) as numerator,
        cast({{ denominator }} as decimal(38, 4)) as denominator,
        cast({{ metric.n or denominator }} as bigint) as n,
        {{ standard_error(metric) if metric.squares else 'cast(null as double)' }}
            as standard_error,
        cast({{ metric.measured or 'null' }} as double) as measured_value
    from {{ rows }}
    where
        {{ metric.where or 'true' }}
        {%- if metric.denominator %}
        and {{ metric.denominator }} > 0
        {%- endif %}
        {%- if metric.numerator %}
        and {{ metric.numerator }} is not null
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#-
    What stood on each day: rows of moves (stock_date, dimension, dimension_value, the measures) added up. A move
    counts on its day. `periods` are those of int_periods_spanned.
-#}
{% macro kpi_stocks(moves, measures, periods) -%}
    select
        days.stock_date,
        seen.dimension,
        seen.dimension_value,
        {%- for measure in measures %}
        sum(coalesce({{ moves }}.{{ measure }}, 0)) over so_far
            as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select period_start_date as stock_date from {{ periods }}
        where period = 'day'
        union all
        select {{ as_of_date() }} as stock_date
    ) as days
    cross join (
        select distinct dimension, dimension_value from {{ moves }}
    ) as seen
    left join {{ moves }}
        on
            days.stock_date = {{ moves }}.stock_date
            and seen.dimension = {{ moves }}.dimension
            and seen.dimension_value = {{ moves }}.dimension_value
    window
        so_far as (
            partition by seen.dimension, seen.dimension_value
            order by days.stock_date
            rows between unbounded preceding and current row
        )
{%- endmacro %}

{#- Stocks as they stood on a date of each period (`period_start_date` or `measured_date`); days for everybody only. -#}
{% macro kpi_stocks_at(stocks, periods, date_column) -%}
    select
        {{ periods }}.period,
        {{ periods }}.period_start_date,
        {{ stocks }}.*
    from {{ periods }}
    inner join {{ stocks }}
        on {{ periods }}.{{ date_column }} = {{ stocks }}.stock_date
    where {{ periods }}.period != 'day' or {{ stocks }}.dimension = 'all'
{%- endmacro %}

{#- Hours from one time to another; none where a source gave a day alone, and the end lies before its beginning. -#}
{% macro hours_from_to(first, last) -%}
    case
        when {{ last }} < {{ first }} then 0.0e0
        else {{ dbt.datediff(first, last, 'second') }} / 3600.0e0
    end
{%- endmacro %}

{#- An amount times itself, with room for amounts of any size. -#}
{% macro squared(amount) -%}
    cast({{ amount }} as decimal(38, 4)) * cast({{ amount }} as decimal(38, 4))
{%- endmacro %}

{#-
    The standard error of a KPI that is a sum over observations divided by a sum over the same: a customer's revenue by
    their orders. Source: W. G. Cochran, Sampling Techniques (3rd edition 1977), section 6.4, the ratio estimate, all that
    exist being a sample of what may come. From the sums of both, of their squares and of their products; of a mean the
    second is 1 for each. NULL where all are alike (but for the rounding of doubles), because so few tell nothing about how
    they vary.
-#}
{% macro standard_error(metric) -%}
{%- set n = 'cast(' ~ (metric.n or metric.denominator) ~ ' as double)' -%}
{%- set total = 'cast(' ~ metric.numerator ~ ' as double)' -%}
{%- set base = 'cast(' ~ metric.denominator ~ ' as double)' -%}
{%- set squares = 'cast(' ~ metric.squares ~ ' as double)' -%}
{%- set products =
    'cast(' ~ (metric.products or metric.numerator) ~ ' as double)' -%}
{%- set squared_base =
    'cast(' ~ (metric.squared_denominators or metric.denominator)
    ~ ' as double)' -%}
{%- set deviations -%}
    (
        {{ squares }}
        - 2 * {{ total }} / {{ base }} * {{ products }}
        + {{ total }} / {{ base }} * {{ total }} / {{ base }} * {{ squared_base }}
    )
{%- endset -%}
    case
        when {{ n }} > 1 and {{ deviations }} > 1e-14 * {{ squares }}
            then sqrt({{ deviations }} * {{ n }} / ({{ n }} - 1)) / {{ base }}
    end
{%- endmacro %}

{#- The published column of a KPI: the word is short for its readers, and no reserved one in any dialect. -#}
{% macro named_value(expression) -%}
    {{ expression }} as value
{%- endmacro %}
