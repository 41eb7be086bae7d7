-- An order is a journey. Category and seller are those of its most expensive item, the payment type that of its largest payment.
WITH goods AS (
    SELECT i.order_id,
           arg_max(coalesce(c.product_category_name_english, p.product_category_name), TRY_CAST(i.price AS DOUBLE)) AS category,
           arg_max(s.seller_state, TRY_CAST(i.price AS DOUBLE)) AS unit
    FROM items i
    LEFT JOIN products p USING (product_id)
    LEFT JOIN categories c USING (product_category_name)
    LEFT JOIN sellers s USING (seller_id)
    GROUP BY i.order_id
),
money AS (
    SELECT order_id,
           sum(TRY_CAST(payment_value AS DOUBLE)) AS value,
           arg_max(payment_type, TRY_CAST(payment_value AS DOUBLE)) AS payment_type
    FROM payments
    GROUP BY order_id
)
SELECT o.order_id AS journey_id,
       c.customer_unique_id AS customer_id,
       o.order_purchase_timestamp AS started_at,
       o.order_delivered_customer_date AS ended_at,
       CASE WHEN o.order_status = 'delivered' THEN 'completed'
            WHEN o.order_status IN ('canceled', 'unavailable') THEN 'cancelled'
            ELSE 'open' END AS status,
       goods.unit,
       money.value,
       replace(goods.category, '_', ' ') AS category,
       c.customer_state AS state,
       replace(money.payment_type, '_', ' ') AS payment_type,
       o.order_status,
       o._source AS source
FROM orders o
LEFT JOIN customers c USING (customer_id)
LEFT JOIN goods USING (order_id)
LEFT JOIN money USING (order_id)
