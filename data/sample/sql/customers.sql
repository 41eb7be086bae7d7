-- Who the customers are. Names, addresses and numbers stay in the customer file.
SELECT
    customer_no  AS customer_id,
    TRY_CAST(birth_year AS INTEGER) AS birth_year,
    home_country,
    language,
    joined_on,
    loyalty,
    attitude,
    app_user,
    _source      AS source
FROM crm
