{#- The months from the one `first` lies in to the one `last` lies in, a row each; both may be aggregates of the rows read. -#}
{% macro months_spanned(first, last) -%}
    cast(unnest(generate_series(
        {{ dbt.date_trunc('month', first) }},
        {{ dbt.date_trunc('month', last) }},
        interval 1 month
    )) as date)
{%- endmacro %}

{#- The measures of RFM, each as the column it is read from, the worst first. -#}
{% macro rfm_measures() -%}
    {{ return({
        'recency': 'freshness',
        'frequency': 'orders_count',
        'monetary': 'spend',
    }) }}
{%- endmacro %}

{#- Where the k-th of five equal bins ends among a number of rows; as ntile(5) has it, the first bins one larger. -#}
{% macro bin_end(bin, rows_count) -%}
    (
        {{ bin }} * cast(floor({{ rows_count }} / 5) as bigint)
        + least({{ bin }}, {{ rows_count }} % 5)
    )
{%- endmacro %}

{#- The score 1 to 5 of a value: one more than the cuts that value and customer, as a pair, lie above. -#}
{% macro rfm_score(measure, value, rows, cuts='cuts') -%}
    case
        when {{ value }} is not null and {{ cuts }}.{{ measure }}_cut_1 is not null
            then
                1
                {%- for cut in range(1, 5) %}
                + case
                    when {{ value }} > {{ cuts }}.{{ measure }}_cut_{{ cut }}
                        then 1
                    when
                        {{ value }} = {{ cuts }}.{{ measure }}_cut_{{ cut }}
                        and {{ rows }}.customer_number
                        > {{ cuts }}.{{ measure }}_customer_{{ cut }}
                        then 1
                    else 0
                end
                {%- endfor %}
    end
{%- endmacro %}

{#- The named group of three scores, the first rule that holds; without amounts frequency stands for monetary. -#}
{% macro rfm_segment(recency, frequency, monetary) -%}
    case
        when {{ recency }} is null then null
        when
            {{ recency }} >= 4
            and {{ frequency }} >= 4
            and coalesce({{ monetary }}, {{ frequency }}) >= 4
            then 'champions'
        when {{ recency }} >= 3 and {{ frequency }} >= 4 then 'loyal'
        when {{ recency }} >= 4 and {{ frequency }} = 1 then 'new'
        when {{ recency }} >= 4 then 'promising'
        when {{ recency }} = 3 then 'needs_attention'
        when
            {{ frequency }} >= 4
            and coalesce({{ monetary }}, {{ frequency }}) >= 4
            then 'cannot_lose'
        when {{ frequency }} >= 3 then 'at_risk'
        else 'hibernating'
    end
{%- endmacro %}

{#- What counts as engagement and how much: the more of an effort it is to the customer, the more. -#}
{% macro engagement_weights() -%}
    {{ return({
        'orders': 3,
        'sessions': 2,
        'responses': 1,
        'loyalty': 1,
        'replies': 2,
    }) }}
{%- endmacro %}

{#- Shares of customers, by what they have brought, in the two upper value tiers. -#}
{% macro top_value_pct() -%}{{ return(20) }}{%- endmacro %}
{% macro middle_value_pct() -%}{{ return(30) }}{%- endmacro %}

{#- Who customers are and how they came, up to the first order and nothing after it: the column and how it is said in a sentence. -#}
{% macro icp_traits() -%}
    {{ return({
        'acquisition_channel': ('acquisition_channel', "'came by ' || acquisition_channel"),
        'country': ('country', "'lives in ' || country"),
        'first_channel': ('channel', "'first ordered by ' || channel"),
        'first_category': ('category', "'first bought ' || category"),
        'first_coupon': ('coupon_use', "'first ordered ' || coupon_use || ' a coupon'"),
        'first_quarter': ('first_quarter', "'first ordered in quarter ' || first_quarter"),
    }) }}
{%- endmacro %}

{#- A value of a trait is tested where this many of the best are expected to have it and as many not to: fewer are too few for z. -#}
{% macro fewest_expected_best() -%}{{ return(5) }}{%- endmacro %}

{#- A trait's share among the best counts as if this many customers with the share of all had been added: few customers say little. -#}
{% macro icp_smoothing_customers() -%}{{ return(20) }}{%- endmacro %}
