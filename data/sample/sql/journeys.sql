-- A rental is a journey: it begins with the booking and ends when the deposit is back, or with the cancellation.
-- Cells that cannot be read stay text, so that the contract can tell them.
SELECT
    bookings.booking_no  AS journey_id,
    bookings.customer_no AS customer_id,
    bookings.trip        AS intent,
    bookings.booked_at   AS started_at,
    bookings.ended_at    AS ended_at,
    CASE bookings.state WHEN 'closed' THEN 'completed' ELSE bookings.state END AS status,
    locations.name       AS unit,
    bookings.price_eur   AS value,
    locations.region     AS region,
    locations.kind       AS location_kind,
    bookings.loyalty     AS tenure,
    bookings.channel     AS channel,
    bookings._source     AS source
FROM bookings
LEFT JOIN locations USING (location_id)
