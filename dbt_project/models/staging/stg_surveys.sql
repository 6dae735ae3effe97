with

landed as (

    {{ versions(source('raw', 'surveys'), ['source_system', 'response_id']) }}

),

renamed as (

    select
        response_id,
        customer_id,
        source_system,
        comment,
        score,
        cast(responded_at as date) as responded_date,
        known_on as known_from,
        known_to,
        loaded_on,
        responded_at,
        lower(survey) as survey
    from landed
    where not is_tombstone

)

select * from renamed
