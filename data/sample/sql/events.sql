-- One row a step. A blank time is a step not taken (yet); a time that cannot be read stays text for the contract.
WITH steps AS (
    SELECT booking_no || ':booking' AS event_id, booking_no AS journey_id, customer_no AS customer_id,
        'booking' AS touchpoint, booked_at AS started_at, NULL AS ended_at, channel, locations.name AS unit, bookings._source AS source
    FROM bookings LEFT JOIN locations USING (location_id)
    UNION ALL
    SELECT booking_no || ':checkin', booking_no, customer_no, 'checkin', checkin_at, NULL, 'online', locations.name, bookings._source
    FROM bookings LEFT JOIN locations USING (location_id) WHERE checkin_at IS NOT NULL
    UNION ALL
    SELECT booking || ':counter', booking, customer, 'counter', called_at, served_at, 'location', office, _source
    FROM operations WHERE called_at IS NOT NULL
    UNION ALL
    SELECT booking || ':handover', booking, customer, 'handover', served_at, handover_at, 'location', office, _source
    FROM operations WHERE served_at IS NOT NULL
    UNION ALL
    SELECT booking || ':drive', booking, customer, 'drive', handover_at, returned_at, 'road', office, _source
    FROM operations WHERE handover_at IS NOT NULL
    UNION ALL
    SELECT booking || ':assistance', booking, customer, 'assistance', assist_called_at, assist_arrived_at, 'road', office, _source
    FROM operations WHERE assist_called_at IS NOT NULL
    UNION ALL
    SELECT booking || ':return', booking, customer, 'return', returned_at, checked_at, 'location', office, _source
    FROM operations WHERE returned_at IS NOT NULL
    UNION ALL
    SELECT booking || ':settle', booking, customer, 'settle', deposit_back_at, NULL, 'online', office, _source
    FROM operations WHERE deposit_back_at IS NOT NULL
    UNION ALL
    SELECT "Booking no [txt]" || ':care', "Booking no [txt]", "Requester id", 'care', "Created at", "Solved at", 'help desk', NULL, _source
    FROM tickets
    UNION ALL
    -- The exchange's release of 2026 calls the minutes duration_min.
    SELECT call_id, booking_no, customer_no, 'care', called_at,
        CAST(TRY_CAST(called_at AS TIMESTAMP) + to_seconds(60 * TRY_CAST(coalesce(minutes, duration_min) AS DOUBLE)) AS VARCHAR),
        'phone', NULL, _source
    FROM calls
)
SELECT * FROM steps
