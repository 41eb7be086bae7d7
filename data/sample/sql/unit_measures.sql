-- A row a location, month and measure; human resources keep a column a measure.
WITH long AS (
    SELECT "Location" AS location_id, "Month" AS month, 'employee_engagement' AS measure, "Engagement (1-10)" AS value, _source FROM staff
    UNION ALL SELECT "Location", "Month", 'staff_turnover', "Turnover", _source FROM staff
    UNION ALL SELECT "Location", "Month", 'staffed_hours', "Hours staffed", _source FROM staff
    UNION ALL SELECT "Location", "Month", 'sick_days', "Sick days", _source FROM staff
)
SELECT locations.name AS unit, long.month, long.measure, long.value, long._source AS source
FROM long LEFT JOIN locations USING (location_id)
