with

steps as (

    select * from {{ ref('int_journey_steps_ordered') }}

),

steps_counted as (

    select
        journey_id,
        step_number,
        case
            when repeats_count > 1
                then kind || ' x' || cast(repeats_count as varchar)
            else kind
        end as step,
        count(*) over (partition by journey_id) - step_number
            as steps_after
    from steps

),

joined as (

    select
        journey_id,
        {{ joined_texts('step', ' > ', 'step_number') }} as last_steps,
        min(step_number) as first_step_number
    from steps_counted
    where steps_after < 12
    group by journey_id

),

paths as (

    select
        journey_id,
        {{ path_of('last_steps', 'first_step_number') }}
    from joined

)

select * from paths
