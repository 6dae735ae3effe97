with

traits as (

    select * from {{ ref('int_icp_traits_unioned') }}

),

lifts as (

    select * from {{ ref('int_icp_lifts_judged') }}

),

traits_lifted as (

    select
        traits.customer_id,
        traits.trait_words,
        lifts.is_telling,
        cast(round(lifts.lift, 1) as decimal(18, 1)) as lift,
        case when lifts.is_telling then lifts.log_lift else 0 end
            as log_lift,
        row_number() over (
            partition by traits.customer_id
            order by
                lifts.is_telling desc,
                abs(lifts.log_lift) desc,
                traits.trait asc
        ) as place
    from traits
    inner join lifts
        on
            traits.trait = lifts.trait
            and traits.trait_value = lifts.trait_value

),

traits_said as (

    select
        customer_id,
        log_lift,
        case when is_telling then place end as place,
        trait_words || ' (' || cast(lift as varchar) || ' times'
        || case
            when place = 1 then ' as common among the best tenth)' else ')'
        end as words
    from traits_lifted

),

customers_summed as (

    select
        customer_id,
        sum(log_lift) as log_lift
        {%- for place in range(1, 4) %}
            ,
            max(case when place = {{ place }} then words end)
                as words_{{ place }}
        {%- endfor %}
    from traits_said
    group by customer_id

),

ranked as (

    select
        *,
        percent_rank() over (order by log_lift) as match_rank
    from customers_summed

),

-- Of whom nothing telling is known, nothing is said.
scored as (

    select
        customer_id,
        case when words_1 is not null then 100 * match_rank end as icp_score,
        case
            when words_1 is not null
                then
                    words_1
                    || coalesce('; ' || words_2, '')
                    || coalesce('; ' || words_3, '')
        end as icp_explanation
    from ranked

)

select * from scored
