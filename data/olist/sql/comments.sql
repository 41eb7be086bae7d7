-- Title and message of a review, in Portuguese.
SELECT r.review_id || '-' || r.order_id AS comment_id,
       r.order_id AS journey_id,
       c.customer_unique_id AS customer_id,
       'review' AS touchpoint,
       'review' AS origin,
       'direct' AS directness,
       concat_ws('. ', r.review_comment_title, r.review_comment_message) AS text,
       r.review_answer_timestamp AS written_at,
       r._source AS source
FROM reviews r
LEFT JOIN orders o USING (order_id)
LEFT JOIN customers c USING (customer_id)
WHERE r.review_comment_title IS NOT NULL OR r.review_comment_message IS NOT NULL
