SELECT
    customer_no AS customer_id,
    purpose,
    basis,
    granted_at,
    withdrawn_at,
    _source     AS source
FROM consents
