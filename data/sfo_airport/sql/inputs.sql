-- Known by the time of departure, which stands for the interview.
WITH times AS (
    SELECT *, make_date(2017, 5, TRY_CAST(INTDATE AS INTEGER))
              + CAST(try_strptime(DEPTIME, '%m/%d/%Y %I:%M:%S %p') AS TIME) AS departed_at
    FROM survey
),
measured AS (
    SELECT RESPNUM, departed_at, BAREA, _source, 'boarding' AS touchpoint, 'airport_minutes' AS input, HOWLONG AS value FROM times
    UNION ALL
    SELECT RESPNUM, departed_at, BAREA, _source, 'boarding', 'problem', CASE Q15PROBLEM WHEN '1' THEN '1' WHEN '2' THEN '0' END FROM times
    UNION ALL
    SELECT RESPNUM, departed_at, BAREA, _source, 'security', 'precheck', CASE Q11TSAPRE WHEN '1' THEN '1' WHEN '2' THEN '0' END FROM times
)
SELECT RESPNUM AS journey_id,
       touchpoint,
       input,
       value,
       departed_at AS measured_at,
       'Boarding area ' || BAREA AS unit,
       _source AS source
FROM measured
WHERE value IS NOT NULL
