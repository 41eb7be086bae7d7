-- One review is asked for the whole order; its score is the remembered one.
SELECT r.review_id || '-' || r.order_id AS response_id,
       r.order_id AS journey_id,
       c.customer_unique_id AS customer_id,
       'overall' AS touchpoint,
       'rating' AS metric,
       r.review_score AS score,
       r.review_creation_date AS asked_at,
       r.review_answer_timestamp AS answered_at,
       'e-mail' AS channel,
       r._source AS source
FROM reviews r
LEFT JOIN orders o USING (order_id)
LEFT JOIN customers c USING (customer_id)
