with

candidates as (

    select * from {{ ref('int_customer_candidates_found') }}

),

keys as (

    select * from {{ ref('int_customer_candidate_keys_unioned') }}

),

members as (

    select * from {{ ref('int_customer_neighbours_walked') }}

),

candidates_rolled as (

    select
        as_of_date,
        customer_id,
        min(created_date) as created_date,
        bool_or(is_crowded) as is_crowded,
        coalesce(
            min(address) != max(address)
            and min(source_system) filter (where address is not null)
            != max(source_system) filter (where address is not null),
            false
        ) as has_addresses
    from candidates
    group by as_of_date, customer_id

),

buyers as (

    select distinct
        as_of_date,
        customer_id
    from keys
    where has_orders

),

ranked as (

    select
        candidates_rolled.as_of_date,
        candidates_rolled.customer_id,
        candidates_rolled.is_crowded,
        candidates_rolled.has_addresses,
        row_number() over (
            partition by candidates_rolled.as_of_date
            order by
                case when buyers.customer_id is null then 1 else 0 end asc,
                candidates_rolled.created_date asc nulls last,
                candidates_rolled.customer_id asc
        ) as precedence
    from candidates_rolled
    left join buyers
        on
            candidates_rolled.as_of_date = buyers.as_of_date
            and candidates_rolled.customer_id = buyers.customer_id

),

circles as (

    select
        members.as_of_date,
        members.customer_id,
        min_by(members.member_id, ranked.precedence) as first_member_id,
        bool_or(ranked.is_crowded)
        or count(*) > count(distinct keys.source_system) as is_doubtful
    from members
    inner join keys
        on
            members.as_of_date = keys.as_of_date
            and members.member_id = keys.customer_id
    inner join ranked
        on
            members.as_of_date = ranked.as_of_date
            and members.member_id = ranked.customer_id
    group by members.as_of_date, members.customer_id

),

judged as (

    select
        circles.as_of_date,
        circles.customer_id,
        case
            when circles.is_doubtful then circles.customer_id
            else circles.first_member_id
        end as person_id,
        case
            when circles.is_doubtful then 'several customers share an e-mail'
            when ranked.has_addresses then 'e-mails differ'
        end as collision
    from circles
    inner join ranked
        on
            circles.as_of_date = ranked.as_of_date
            and circles.customer_id = ranked.customer_id

)

select * from judged
