-- A rental is a journey: it begins with the booking and ends when the deposit is back, or with the cancellation.
-- Cells that cannot be read stay text, so that the contract can tell them.
WITH people AS (
    SELECT * FROM crm QUALIFY row_number() OVER (PARTITION BY customer_no ORDER BY _file DESC, _row DESC) = 1
)
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
    bookings.customer_history AS tenure,
    bookings.channel     AS channel,
    people.attitude      AS attitude,
    CASE
        WHEN TRY_CAST(left(bookings.booked_at, 4) AS INTEGER) - TRY_CAST(people.birth_year AS INTEGER) < 35 THEN 'under 35'
        WHEN TRY_CAST(left(bookings.booked_at, 4) AS INTEGER) - TRY_CAST(people.birth_year AS INTEGER) < 55 THEN '35 to 54'
        WHEN TRY_CAST(left(bookings.booked_at, 4) AS INTEGER) - TRY_CAST(people.birth_year AS INTEGER) >= 55 THEN '55 or older'
    END                  AS age,
    bookings._source     AS source
FROM bookings
LEFT JOIN locations USING (location_id)
LEFT JOIN people USING (customer_no)
