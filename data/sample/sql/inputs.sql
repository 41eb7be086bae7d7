-- One row a measure, from the moment it became true. A blank is not measured; decimal commas become points and
-- anything else is left as text for the contract.
WITH yard AS (
    SELECT * REPLACE (
        regexp_replace(called_at,         '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS called_at,
        regexp_replace(handover_at,       '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS handover_at,
        regexp_replace(assist_arrived_at, '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS assist_arrived_at,
        regexp_replace(checked_at,        '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS checked_at,
        regexp_replace(deposit_back_at,   '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS deposit_back_at
    )
    FROM operations
),
places AS (
    SELECT bookings.*, locations.name AS office FROM bookings LEFT JOIN locations USING (location_id)
),
measures AS (
    SELECT booking_no AS journey_id, 'booking' AS touchpoint, 'minutes' AS input, booking_minutes AS value,
        booked_at AS measured_at, office AS unit, _source AS source
    FROM places
    UNION ALL SELECT booking_no, 'booking', 'price_changed', price_changed, booked_at, office, _source FROM places
    UNION ALL
    SELECT booking_no, 'checkin', 'failed', CASE checkin_result WHEN 'failed' THEN '1' WHEN 'ok' THEN '0' ELSE checkin_result END,
        checkin_at, office, _source
    FROM places
    UNION ALL SELECT booking, 'counter', 'wait_minutes', wait_min, called_at, office, _source FROM yard
    UNION ALL SELECT booking, 'handover', 'minutes', handover_min, handover_at, office, _source FROM yard
    UNION ALL SELECT booking, 'handover', 'inspection_done', inspection, handover_at, office, _source FROM yard
    UNION ALL SELECT booking, 'handover', 'walk_metres', walk_m, handover_at, office, _source FROM yard
    UNION ALL SELECT booking, 'drive', 'car_as_booked', as_booked, handover_at, office, _source FROM yard
    UNION ALL SELECT booking, 'assistance', 'arrival_minutes', assist_min, assist_arrived_at, office, _source FROM yard
    UNION ALL SELECT booking, 'return', 'check_minutes', check_min, checked_at, office, _source FROM yard
    UNION ALL SELECT booking, 'return', 'dispute', dispute, checked_at, office, _source FROM yard
    UNION ALL SELECT booking, 'settle', 'deposit_days', deposit_days, deposit_back_at, office, _source FROM yard
    UNION ALL
    -- Known when the first reply came, or once a day has passed without one.
    SELECT booking_no, 'care', 'answered_in_a_day',
        CASE WHEN TRY_CAST(first_reply_at AS TIMESTAMP) <= TRY_CAST(opened_at AS TIMESTAMP) + INTERVAL 1 DAY THEN '1' ELSE '0' END,
        CAST(least(TRY_CAST(first_reply_at AS TIMESTAMP), TRY_CAST(opened_at AS TIMESTAMP) + INTERVAL 1 DAY) AS VARCHAR),
        NULL, _source
    FROM tickets
)
SELECT * REPLACE (CASE value WHEN 'Y' THEN '1' WHEN 'N' THEN '0' ELSE replace(value, ',', '.') END AS value)
FROM measures
WHERE value IS NOT NULL
