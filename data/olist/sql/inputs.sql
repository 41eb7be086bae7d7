-- What the marketplace, the seller and the carrier delivered. A value holds from measured_at on, so that "still waiting
-- past the promise" is 0 at the order, 1 from the promise while the parcel is not there, and 0 from its arrival.
WITH goods AS (
    SELECT i.order_id,
           sum(TRY_CAST(i.price AS DOUBLE)) AS price,
           sum(TRY_CAST(i.freight_value AS DOUBLE)) AS freight,
           avg(TRY_CAST(p.product_photos_qty AS DOUBLE)) AS photos,
           max(TRY_CAST(i.shipping_limit_date AS TIMESTAMP)) AS limit_at
    FROM items i
    LEFT JOIN products p USING (product_id)
    GROUP BY i.order_id
),
times AS (
    SELECT o.order_id, o._source, g.*EXCLUDE (order_id),
           TRY_CAST(order_purchase_timestamp AS TIMESTAMP) AS placed_at,
           TRY_CAST(order_approved_at AS TIMESTAMP) AS approved_at,
           TRY_CAST(order_delivered_carrier_date AS TIMESTAMP) AS handed_at,
           TRY_CAST(order_delivered_customer_date AS TIMESTAMP) AS delivered_at,
           TRY_CAST(order_estimated_delivery_date AS TIMESTAMP) AS promised_at
    FROM orders o
    LEFT JOIN goods g USING (order_id)
),
measured AS (
    SELECT order_id, _source, 'placed' AS touchpoint, 'price' AS input, price AS value, placed_at AS measured_at FROM times
    UNION ALL
    SELECT order_id, _source, 'placed', 'freight_share', freight / nullif(price + freight, 0), placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'placed', 'photos', photos, placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'placed', 'promised_days', date_diff('second', placed_at, promised_at) / 86400, placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'approved', 'approval_hours', date_diff('second', placed_at, approved_at) / 3600, approved_at FROM times
    UNION ALL
    SELECT order_id, _source, 'handed', 'handling_days', date_diff('second', approved_at, handed_at) / 86400, handed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'handed', 'past_limit', 0, placed_at FROM times WHERE limit_at > placed_at
    UNION ALL
    SELECT order_id, _source, 'handed', 'past_limit', 1, limit_at FROM times WHERE limit_at > placed_at AND coalesce(handed_at > limit_at, true)
    UNION ALL
    SELECT order_id, _source, 'delivered', 'transit_days', date_diff('second', handed_at, delivered_at) / 86400, delivered_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'days_late', date_diff('second', promised_at, delivered_at) / 86400, delivered_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'received', 0, placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'received', 1, delivered_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'received_late', 0, placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'received_late', 1, delivered_at FROM times WHERE delivered_at > promised_at
    UNION ALL
    SELECT order_id, _source, 'delivered', 'waiting_past_promise', 0, placed_at FROM times
    UNION ALL
    SELECT order_id, _source, 'delivered', 'waiting_past_promise', 1, promised_at FROM times WHERE coalesce(delivered_at > promised_at, true)
    UNION ALL
    SELECT order_id, _source, 'delivered', 'waiting_past_promise', 0, delivered_at FROM times WHERE delivered_at > promised_at
    UNION ALL
    SELECT order_id, min(r._source), 'review', 'asked_early',
           CAST(coalesce(min(CAST(delivered_at AS DATE)) > min(TRY_CAST(r.review_creation_date AS DATE)), true) AS INTEGER),
           min(TRY_CAST(r.review_creation_date AS TIMESTAMP))
    FROM reviews r JOIN times USING (order_id) GROUP BY order_id
)
SELECT order_id AS journey_id, touchpoint, input, value, measured_at, _source AS source
FROM measured
WHERE value IS NOT NULL AND measured_at IS NOT NULL
