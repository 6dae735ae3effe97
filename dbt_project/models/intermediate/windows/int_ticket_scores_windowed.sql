with

-- A ticket without a resolution that has a score all the same stands where it
-- was opened.
tickets as (

    select
        *,
        coalesce(resolved_date, opened_date) as scored_date,
        coalesce(resolved_at, opened_at) as scored_at
    from {{ ref('int_tickets_as_known') }}
    where
        {{ is_within(
            'coalesce(resolved_date, opened_date)', longest_feature_window()
        ) }}
        and customer_id is not null
        and csat_score is not null

),

scores_ranked as (

    select
        as_of_date,
        customer_id,
        csat_score,
        scored_date,
        {{ ticket_sentiment() }} = -1 as is_bad,
        row_number() over (
            partition by as_of_date, customer_id
            order by scored_at desc, source_system desc, ticket_id desc
        ) as recency_rank
    from tickets

),

windowed as (

    select
        as_of_date,
        customer_id,
        {{ counted_in_windows(
            'bad_ticket_scores_count', 'scored_date', 'is_bad', [90, 365]
        ) }},
        max(csat_score) filter (where recency_rank = 1)
            as last_ticket_csat_score_365d,
        {{ ratio('sum(csat_score)', 'count(*)') }}
            as mean_ticket_csat_score_365d
    from scores_ranked
    group by as_of_date, customer_id

)

select * from windowed
