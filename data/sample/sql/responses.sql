-- One row a question asked. `pulse` is asked at a touchpoint, `relationship` of the whole rental, after it ended.
-- The survey tool lists invitations without an answer apart from the answers.
SELECT
    invitation_no AS response_id,
    booking_no    AS journey_id,
    customer_no   AS customer_id,
    survey        AS touchpoint,
    CASE survey WHEN 'handover' THEN 'nps' ELSE 'csat' END AS metric,
    coalesce(Q1, Q2, Q3, Q4, Q5, Q6, Q7)                   AS score,
    CASE survey WHEN 'handover' THEN 0 ELSE 1 END          AS scale_min,
    CASE survey WHEN 'handover' THEN 10 ELSE 5 END         AS scale_max,
    invited_at    AS asked_at,
    "RecordedDate" AS answered_at,
    sent_by       AS channel,
    'pulse'       AS programme,
    wording       AS question_version,
    _source       AS source
FROM pulse
UNION ALL
SELECT invitation_no, booking_no, customer_no, 'overall', 'nps', Q1, 0, 10, invited_at, "RecordedDate", sent_by,
    'relationship', wording, _source
FROM relationship
UNION ALL
SELECT "Invitation", "Booking", "External Data Reference", "Survey",
    CASE WHEN "Survey" IN ('handover', 'overall') THEN 'nps' ELSE 'csat' END,
    NULL,
    CASE WHEN "Survey" IN ('handover', 'overall') THEN 0 ELSE 1 END,
    CASE WHEN "Survey" IN ('handover', 'overall') THEN 10 ELSE 5 END,
    "Sent (UTC)", NULL, "Sent by",
    CASE "Survey" WHEN 'overall' THEN 'relationship' ELSE 'pulse' END,
    "Wording", _source
FROM invitations
