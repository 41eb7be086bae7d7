-- One row a question put to a passenger. Codes of the field guide: ratings run from 1 to 5, 6 is never used or not
-- applicable (no request); willingness to recommend runs from 0 to 10. What stands for no answer is declared in sources.yaml.
-- A code that is none of these stays as it is, for the contract to tell.
WITH asked(question, touchpoint, metric) AS (
    VALUES
        ('NETPRO', 'overall', 'nps'),
        ('Q7ALL', 'overall', 'whole'),
        ('Q9ALL', 'overall', 'cleanliness'),
        ('Q10SAFE', 'overall', 'safety'),
        ('Q13GETRATE', 'trip', 'ease'),
        ('Q7ROADS', 'trip', 'signs'),
        ('Q7PARK', 'parking', 'facilities'),
        ('Q7LTPARKING', 'parking', 'shuttle'),
        ('Q7RENTAL', 'rental', 'center'),
        ('Q9RENTAL', 'rental', 'cleanliness'),
        ('Q7AIRTRAIN', 'airtrain', 'service'),
        ('Q9AIRTRAIN', 'airtrain', 'cleanliness'),
        ('Q14FIND', 'wayfinding', 'ease'),
        ('Q7SIGN', 'wayfinding', 'signs'),
        ('Q7INFOUP', 'wayfinding', 'info_departures'),
        ('Q7INFODOWN', 'wayfinding', 'info_arrivals'),
        ('Q14PASSTHRU', 'security', 'ease'),
        ('Q7WALKWAYS', 'walkways', 'rating'),
        ('Q7SCREENS', 'wayfinding', 'screens'),
        ('Q7STORE', 'shops', 'rating'),
        ('Q7FOOD', 'food', 'rating'),
        ('Q9FOOD', 'food', 'cleanliness'),
        ('Q7ART', 'art', 'rating'),
        ('Q9RESTROOM', 'restrooms', 'cleanliness'),
        ('Q7WIFI', 'wifi', 'rating'),
        ('Q9BOARDING', 'boarding', 'cleanliness')
),
answers AS (
    SELECT * FROM survey
    UNPIVOT INCLUDE NULLS (answer FOR question IN (
        NETPRO, Q7ALL, Q9ALL, Q10SAFE, Q13GETRATE, Q7ROADS, Q7PARK, Q7LTPARKING, Q7RENTAL, Q9RENTAL,
        Q7AIRTRAIN, Q9AIRTRAIN, Q14FIND, Q7SIGN, Q7INFOUP, Q7INFODOWN, Q14PASSTHRU, Q7WALKWAYS, Q7SCREENS,
        Q7STORE, Q7FOOD, Q9FOOD, Q7ART, Q9RESTROOM, Q7WIFI, Q9BOARDING
    ))
)
SELECT RESPNUM || '-' || question AS response_id,
       RESPNUM AS journey_id,
       touchpoint,
       metric,
       answer AS score,
       make_date(2017, 5, TRY_CAST(INTDATE AS INTEGER))
           + CAST(try_strptime(DEPTIME, '%m/%d/%Y %I:%M:%S %p') AS TIME) AS asked_at,
       CASE WHEN score IS NOT NULL THEN asked_at END AS answered_at,
       CASE METHOD WHEN '1' THEN 'at the gate' WHEN '2' THEN 'by mail' WHEN '3' THEN 'online' END AS channel,
       WEIGHT AS weight,
       'gate survey' AS programme,
       '2017' AS question_version,
       _source AS source
FROM answers
JOIN asked USING (question)
WHERE question = 'NETPRO' OR answer IS DISTINCT FROM '6'
