SELECT
    response_id || ':comment' AS comment_id,
    booking_no  AS journey_id,
    customer_no AS customer_id,
    survey      AS touchpoint,
    'survey'    AS origin,
    'direct'    AS directness,
    comment     AS text,
    answered_at AS written_at,
    _source     AS source
FROM surveys
WHERE comment IS NOT NULL
UNION ALL
SELECT ticket_id || ':text', booking_no, customer_no, 'care', 'ticket', 'direct', text, opened_at, _source
FROM tickets
WHERE text IS NOT NULL
