SELECT
    customer_no AS customer_id,
    month,
    revenue,
    cost,
    CAST(TRY_CAST(rentals AS INTEGER) > 0 AS VARCHAR) AS active,
    _source     AS source
FROM finance
