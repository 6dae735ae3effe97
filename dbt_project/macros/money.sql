{#- An amount in the reporting currency; without a rate it is in it already. Most are, and a product with room is dear. -#}
{% macro converted(amount, rate) -%}
    case
        when coalesce({{ rate }}, 1) = 1 then {{ amount }}
        else cast({{ times(amount, rate) }} as decimal(18, 4))
    end
{%- endmacro %}

{#- An amount so many times. DuckDB multiplies decimals within 18 digits, and fails beyond, unless one of them may have more. -#}
{% macro times(amount, factor) -%}
    cast({{ amount }} as decimal(38, 4)) * {{ factor }}
{%- endmacro %}

{#-
    The join condition for the rate of what hangs on an order: in the order's currency and of its day; where the order is not
    known, in the shop's only currency (of int_order_currencies_counted) and of the day on which it `happened`.
-#}
{% macro has_rate(rows, happened, rates, currencies) -%}
    {{ rates }}.currency = case
        when {{ rows }}.is_currency_known then {{ rows }}.currency
        else {{ currencies }}.only_currency
    end
    and {{ rates }}.valid_from
    <= coalesce({{ rows }}.order_date, {{ rows }}.{{ happened }})
    and {{ rates }}.valid_to
    > coalesce({{ rows }}.order_date, {{ rows }}.{{ happened }})
{%- endmacro %}

{#- Its amount by that rate; NULL where several currencies are possible. -#}
{% macro converted_where_clear(rows, rates, currencies) -%}
    case
        when
            {{ rows }}.is_currency_known
            or coalesce({{ currencies }}.currencies_count <= 1, true)
            then {{ converted(rows ~ '.amount', rates ~ '.rate') }}
    end
{%- endmacro %}

{#- The currency to report in, NULL where the parameter leaves it to the data. -#}
{% macro reporting_currency() -%}
    nullif('{{ var("reporting_currency") | upper }}', '')
{%- endmacro %}
