with recursive

candidates as (

    select * from {{ ref('int_customer_candidates_found') }}

),

sources_counted as (

    select count(distinct source_system) as sources_count from candidates

),

holders as (

    select distinct
        as_of_date,
        customer_id,
        address
    from candidates
    where address is not null and not is_crowded

),

neighbours as (

    select
        holders.as_of_date,
        holders.customer_id,
        peers.customer_id as neighbour_id
    from holders
    inner join holders as peers
        on
            holders.as_of_date = peers.as_of_date
            and holders.address = peers.address
            and holders.customer_id != peers.customer_id

),

walked as (

    select distinct
        as_of_date,
        customer_id,
        customer_id as member_id,
        0 as steps
    from candidates
    union distinct
    select
        walked.as_of_date,
        walked.customer_id,
        neighbours.neighbour_id as member_id,
        walked.steps + 1 as steps
    from walked
    inner join neighbours
        on
            walked.as_of_date = neighbours.as_of_date
            and walked.member_id = neighbours.customer_id
    cross join sources_counted
    where walked.steps < sources_counted.sources_count

),

members as (

    select distinct
        as_of_date,
        customer_id,
        member_id
    from walked

)

select * from members
