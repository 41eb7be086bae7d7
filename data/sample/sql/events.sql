-- One row a step. A blank time is a step not taken (yet); a time that cannot be read stays text for the contract.
-- The yard system writes days first: dates are put year first, anything else is left as it stands.
WITH yard AS (
    SELECT * REPLACE (
        regexp_replace(called_at,         '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS called_at,
        regexp_replace(served_at,         '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS served_at,
        regexp_replace(handover_at,       '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS handover_at,
        regexp_replace(assist_called_at,  '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS assist_called_at,
        regexp_replace(assist_arrived_at, '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS assist_arrived_at,
        regexp_replace(returned_at,       '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS returned_at,
        regexp_replace(checked_at,        '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS checked_at,
        regexp_replace(deposit_back_at,   '^(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1') AS deposit_back_at
    )
    FROM operations
),
steps AS (
    SELECT booking_no AS journey_id, customer_no AS customer_id, 'booking' AS touchpoint, booked_at AS started_at,
        NULL AS ended_at, channel, locations.name AS unit, bookings._source AS source
    FROM bookings LEFT JOIN locations USING (location_id)
    UNION ALL
    SELECT booking_no, customer_no, 'checkin', checkin_at, NULL, 'online', locations.name, bookings._source
    FROM bookings LEFT JOIN locations USING (location_id) WHERE checkin_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'counter', called_at, served_at, 'location', office, _source
    FROM yard WHERE called_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'handover', served_at, handover_at, 'location', office, _source
    FROM yard WHERE served_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'drive', handover_at, returned_at, 'road', office, _source
    FROM yard WHERE handover_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'assistance', assist_called_at, assist_arrived_at, 'road', office, _source
    FROM yard WHERE assist_called_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'return', returned_at, checked_at, 'location', office, _source
    FROM yard WHERE returned_at IS NOT NULL
    UNION ALL
    SELECT booking, customer, 'settle', deposit_back_at, NULL, 'online', office, _source
    FROM yard WHERE deposit_back_at IS NOT NULL
    UNION ALL
    SELECT booking_no, customer_no, 'care', opened_at, closed_at, 'help desk', NULL, _source
    FROM tickets
)
SELECT journey_id || ':' || touchpoint AS event_id, * FROM steps
