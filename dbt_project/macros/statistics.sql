{#-
    Intervals of Wilson for a share, 95 %. Source: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927), 209-212; Brown, Cai and DasGupta, "Interval estimation for a binomial
    proportion", Statistical Science 16 (2001), 101-133, section 3.1.1. NULL where the denominator is 0 or NULL.
-#}
{% macro wilson_lower(numerator, denominator) -%}
    {{ wilson_limit(numerator, denominator, '-') }}
{%- endmacro %}

{% macro wilson_upper(numerator, denominator) -%}
    {{ wilson_limit(numerator, denominator, '+') }}
{%- endmacro %}

{% macro wilson_limit(numerator, denominator, sign) -%}
{%- set z = normal_quantile_95() -%}
{%- set k = 'cast(' ~ numerator ~ ' as double)' -%}
{%- set n = 'cast(' ~ denominator ~ ' as double)' -%}
    case
        when {{ numerator }} is not null and {{ denominator }} > 0
            then least(
                1.0e0,
                greatest(
                    0.0e0,
                    (
                        {{ k }} + {{ z * z / 2 }}e0
                        {{ sign }} {{ z }}e0 * sqrt(
                            {{ k }} * ({{ n }} - {{ k }}) / {{ n }}
                            + {{ z * z / 4 }}e0
                        )
                    ) / ({{ n }} + {{ z * z }}e0)
                )
            )
    end
{%- endmacro %}

{#- The normal quantile of a two-sided interval of 95 %. -#}
{% macro normal_quantile_95() -%}
    {{ return(1.959963984540054) }}
{%- endmacro %}

{#-
    The quantile of Student's t of a two-sided interval of 95 %, by the expansion about the normal one: Abramowitz and
    Stegun, Handbook of Mathematical Functions, 26.7.5. Right to .2 % from 3 degrees of freedom on, to four digits from 10 on;
    too small with 1 and 2, which have closed forms: tan(.475 pi), and (2 p - 1) sqrt(2 / (4 p (1 - p))) with p = .975.
-#}
{% macro t_quantile_95(degrees) -%}
{%- set z = normal_quantile_95() -%}
{%- set terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z)
    / 92160,
] -%}
    case {{ degrees }}
        when 1 then 12.706204736174694e0
        when 2 then 4.302652729749462e0
        else
            {{ z }}e0
            {%- for term in terms %}
            + {{ term }}e0 / power({{ degrees }}, {{ loop.index }})
            {%- endfor %}
    end
{%- endmacro %}

{#-
    The two-sided p-value of Student's t, through the normal deviate with the same tail (D. L. Wallace, "Bounds on normal
    approximations to Student's and the chi-square distributions", Annals of Mathematical Statistics 30 (1959),
    1121-1130, (2.9)). Never more than .1 % too small for p up to .2; too large, at .05 by 1.3 % of itself with 4 degrees of
    freedom, at .001 by 15 %, by 2 % with 10 and by .2 % with 30.
-#}
{% macro t_p_value(t, degrees) -%}
    {{ normal_p_value(
        '(8.0e0 * ' ~ degrees ~ ' + 1) / (8.0e0 * ' ~ degrees ~ ' + 3)
        * sqrt(' ~ degrees ~ ' * ln(1.0e0 + power(' ~ t ~ ', 2) / '
        ~ degrees ~ '))'
    ) }}
{%- endmacro %}

{#-
    The two-sided p-value of a normal deviate that is not negative: erfc(z / sqrt(2)) by the Chebyshev fit in Press et al.,
    Numerical Recipes in C (2nd edition 1992), section 6.2, right to 1.2e-7 of itself everywhere.
-#}
{% macro normal_p_value(z) -%}
{%- set x = '(' ~ z ~ ') / sqrt(2.0e0)' -%}
{%- set u = '(1.0e0 / (1.0e0 + 0.5e0 * ' ~ x ~ '))' -%}
{%- set series = [
    '0.17087277e0', '-0.82215223e0', '1.48851587e0', '-1.13520398e0',
    '0.27886807e0', '-0.18628806e0', '0.09678418e0', '0.37409196e0',
    '1.00002368e0', '-1.26551223e0',
] -%}
{%- set horner = namespace(sum=series[0]) -%}
{%- for term in series[1:] -%}
    {%- set horner.sum = '(' ~ term ~ ' + ' ~ u ~ ' * ' ~ horner.sum ~ ')' -%}
{%- endfor -%}
    least(1.0e0, {{ u }} * exp({{ horner.sum }} - power({{ x }}, 2)))
{%- endmacro %}

{#- A ratio of counts that sums to the same whatever the order: doubles do not. -#}
{% macro exact_ratio(numerator, denominator) -%}
    cast(
        cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
        as decimal(28, 12)
    )
{%- endmacro %}

{#-
    The risk ratio of Mantel and Haenszel over the strata that are the rows of the group: how often something happened to the
    exposed and to the others. Source: K. J. Rothman, S. Greenland and T. L. Lash, Modern Epidemiology (3rd edition 2008),
    chapter 15, formula 15-19; N. Mantel and W. Haenszel, JNCI 22 (1959), 719-748. NULL where it did not happen to others.
-#}
{% macro mantel_haenszel_ratio(
    exposed_cases, exposed, other_cases, others
) -%}
{%- set everybody = '(' ~ exposed ~ ' + ' ~ others ~ ')' -%}
    cast(
        sum({{ exact_ratio(exposed_cases ~ ' * ' ~ others, everybody) }})
        as double
    ) / nullif(
        cast(
            sum({{ exact_ratio(other_cases ~ ' * ' ~ exposed, everybody) }})
            as double
        ),
        0
    )
{%- endmacro %}
