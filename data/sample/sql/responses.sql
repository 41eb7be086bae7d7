-- One row a question asked. `pulse` is asked at a touchpoint, `relationship` of the whole rental, after it ended.
SELECT
    response_id,
    booking_no  AS journey_id,
    customer_no AS customer_id,
    survey      AS touchpoint,
    question    AS metric,
    score,
    CASE question WHEN 'nps' THEN 0 WHEN 'csat' THEN 1 END  AS scale_min,
    CASE question WHEN 'nps' THEN 10 WHEN 'csat' THEN 5 END AS scale_max,
    asked_at,
    answered_at,
    channel,
    CASE survey WHEN 'overall' THEN 'relationship' ELSE 'pulse' END AS programme,
    wording     AS question_version,
    _source     AS source
FROM surveys
