SELECT
    ticket_id   AS case_id,
    booking_no  AS journey_id,
    customer_no AS customer_id,
    CASE topic
        WHEN 'waiting' THEN 'counter' WHEN 'vehicle' THEN 'drive' WHEN 'deposit' THEN 'settle'
        WHEN 'damage charge' THEN 'return'
    END         AS touchpoint,
    topic       AS cause,
    opened_at,
    closed_at,
    recovered,
    _source     AS source
FROM tickets
