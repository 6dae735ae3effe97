with

landed as (

    select * from {{ source('raw', 'surveys') }}

),

renamed as (

    select
        response_id,
        customer_id,
        source_system,
        lower(survey) as survey,
        comment,
        score,
        cast(responded_at as date) as responded_date,
        known_on as known_from,
        {{ known_to(['source_system', 'response_id']) }} as known_to,
        loaded_on,
        responded_at
    from landed
    qualify not is_tombstone

)

select * from renamed
