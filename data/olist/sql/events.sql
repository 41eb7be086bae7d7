-- The steps of an order, from its time stamps and its review.
WITH steps AS (
    SELECT order_id, 'placed' AS touchpoint, order_purchase_timestamp AS started_at, _source FROM orders
    UNION ALL
    SELECT order_id, 'approved', order_approved_at, _source FROM orders WHERE order_approved_at IS NOT NULL
    UNION ALL
    SELECT order_id, 'handed', order_delivered_carrier_date, _source FROM orders WHERE order_delivered_carrier_date IS NOT NULL
    UNION ALL
    SELECT order_id, 'delivered', order_delivered_customer_date, _source FROM orders WHERE order_delivered_customer_date IS NOT NULL
    UNION ALL
    SELECT order_id, 'review', min(review_answer_timestamp), min(_source) FROM reviews GROUP BY order_id
)
SELECT order_id || '-' || touchpoint AS event_id,
       order_id AS journey_id,
       touchpoint,
       started_at,
       _source AS source
FROM steps
