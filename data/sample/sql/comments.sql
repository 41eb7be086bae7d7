-- What was said: asked for in a survey or written to the help desk (direct), written in public (indirect), or noted by
-- an agent of a caller (inferred).
SELECT
    invitation_no || ':comment' AS comment_id,
    booking_no   AS journey_id,
    customer_no  AS customer_id,
    survey       AS touchpoint,
    'survey'     AS origin,
    'direct'     AS directness,
    "Q_comment"  AS text,
    "RecordedDate" AS written_at,
    lower("UserLanguage") AS language,
    NULL         AS site,
    NULL         AS stars,
    NULL         AS unit,
    _source      AS source
FROM pulse
WHERE "Q_comment" IS NOT NULL
UNION ALL
SELECT invitation_no || ':comment', booking_no, customer_no, 'overall', 'survey', 'direct', "Q_comment", "RecordedDate",
    lower("UserLanguage"), NULL, NULL, NULL, _source
FROM relationship
WHERE "Q_comment" IS NOT NULL
UNION ALL
SELECT "Id" || ':text', "Booking no [txt]", "Requester id", 'care', 'ticket', 'direct', "Description", "Created at",
    NULL, NULL, NULL, NULL, _source
FROM tickets
WHERE "Description" IS NOT NULL
UNION ALL
SELECT review_id, booking_no, NULL, NULL, CASE site WHEN 'Chirper' THEN 'social' ELSE 'review' END, 'indirect', text, posted_at,
    language, site, TRY_CAST(stars AS DOUBLE), location_name, _source
FROM reviews
UNION ALL
SELECT call_id || ':note', booking_no, customer_no, 'care', 'employee', 'inferred', note, called_at, 'es', NULL, NULL, NULL, _source
FROM calls
WHERE note IS NOT NULL
