-- One row a measure, from the moment it became true. A blank is not measured; anything that is no number is left as
-- text for the contract.
WITH places AS (
    SELECT bookings.*, locations.name AS office FROM bookings LEFT JOIN locations USING (location_id)
),
complaints AS (
    SELECT *, TRY_CAST("Created at" AS TIMESTAMP) AS opened, TRY_CAST("First reply at" AS TIMESTAMP) AS replied,
        TRY_CAST("Solved at" AS TIMESTAMP) AS solved
    FROM tickets
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
    UNION ALL SELECT booking, 'counter', 'wait_minutes', wait_min, called_at, office, _source FROM operations
    UNION ALL SELECT booking, 'handover', 'minutes', handover_min, handover_at, office, _source FROM operations
    UNION ALL SELECT booking, 'handover', 'inspection_done', inspection, handover_at, office, _source FROM operations
    UNION ALL SELECT booking, 'handover', 'walk_metres', walk_m, handover_at, office, _source FROM operations
    UNION ALL SELECT booking, 'drive', 'car_as_booked', as_booked, handover_at, office, _source FROM operations
    UNION ALL SELECT booking, 'assistance', 'arrival_minutes', assist_min, assist_arrived_at, office, _source FROM operations
    UNION ALL SELECT booking, 'return', 'check_minutes', check_min, checked_at, office, _source FROM operations
    UNION ALL SELECT booking, 'return', 'dispute', dispute, checked_at, office, _source FROM operations
    UNION ALL SELECT booking, 'settle', 'deposit_days', deposit_days, deposit_back_at, office, _source FROM operations
    UNION ALL SELECT booking, 'settle', 'extra_charge', extra_charge, deposit_back_at, office, _source FROM operations
    UNION ALL
    -- Known when the first reply came, or once a day has passed without one.
    SELECT "Booking no [txt]", 'care', 'answered_in_a_day', CASE WHEN replied <= opened + INTERVAL 1 DAY THEN '1' ELSE '0' END,
        CAST(least(replied, opened + INTERVAL 1 DAY) AS VARCHAR), NULL, _source
    FROM complaints
    UNION ALL
    -- Known when it was solved, or once seven days have passed without.
    SELECT "Booking no [txt]", 'care', 'solved_in_a_week', CASE WHEN solved <= opened + INTERVAL 7 DAY THEN '1' ELSE '0' END,
        CAST(least(solved, opened + INTERVAL 7 DAY) AS VARCHAR), NULL, _source
    FROM complaints
    -- Not of those closed before they were opened, nor of the last week, whose seven days were not over at the export.
    WHERE (solved IS NULL OR solved >= opened) AND least(solved, opened + INTERVAL 7 DAY) <= (SELECT max(opened) FROM complaints)
)
SELECT * REPLACE (CASE value WHEN 'Y' THEN '1' WHEN 'N' THEN '0' ELSE value END AS value)
FROM measures
WHERE value IS NOT NULL
