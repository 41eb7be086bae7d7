SELECT
    "Id"               AS case_id,
    "Booking no [txt]" AS journey_id,
    "Requester id"     AS customer_id,
    CASE "Topic [list]"
        WHEN 'waiting' THEN 'counter' WHEN 'vehicle' THEN 'drive' WHEN 'deposit' THEN 'settle'
        WHEN 'damage charge' THEN 'return'
    END                AS touchpoint,
    "Topic [list]"     AS cause,
    "Created at"       AS opened_at,
    "Solved at"        AS closed_at,
    "Put right [list]" AS recovered,
    _source            AS source
FROM tickets
