-- A passenger who rates something has met it. When is not known: the scheduled departure stands for every step.
WITH rated(question, touchpoint) AS (
    VALUES
        ('Q13GETRATE', 'trip'),
        ('Q7ROADS', 'trip'),
        ('Q7PARK', 'parking'),
        ('Q7LTPARKING', 'parking'),
        ('Q7RENTAL', 'rental'),
        ('Q9RENTAL', 'rental'),
        ('Q7AIRTRAIN', 'airtrain'),
        ('Q9AIRTRAIN', 'airtrain'),
        ('Q14FIND', 'wayfinding'),
        ('Q7SIGN', 'wayfinding'),
        ('Q7INFOUP', 'wayfinding'),
        ('Q7INFODOWN', 'wayfinding'),
        ('Q14PASSTHRU', 'security'),
        ('Q7WALKWAYS', 'walkways'),
        ('Q7SCREENS', 'wayfinding'),
        ('Q7STORE', 'shops'),
        ('Q7FOOD', 'food'),
        ('Q9FOOD', 'food'),
        ('Q7ART', 'art'),
        ('Q9RESTROOM', 'restrooms'),
        ('Q7WIFI', 'wifi'),
        ('Q9BOARDING', 'boarding')
),
answers AS (
    SELECT * FROM survey
    UNPIVOT (answer FOR question IN (
        Q13GETRATE, Q7ROADS, Q7PARK, Q7LTPARKING, Q7RENTAL, Q9RENTAL, Q7AIRTRAIN, Q9AIRTRAIN, Q14FIND, Q7SIGN,
        Q7INFOUP, Q7INFODOWN, Q14PASSTHRU, Q7WALKWAYS, Q7SCREENS, Q7STORE, Q7FOOD, Q9FOOD, Q7ART, Q9RESTROOM,
        Q7WIFI, Q9BOARDING
    ))
    WHERE answer BETWEEN '1' AND '5'
)
SELECT RESPNUM || '-' || touchpoint AS event_id,
       RESPNUM AS journey_id,
       touchpoint,
       make_date(2017, 5, TRY_CAST(any_value(INTDATE) AS INTEGER))
           + CAST(try_strptime(any_value(DEPTIME), '%m/%d/%Y %I:%M:%S %p') AS TIME) AS started_at,
       'Boarding area ' || any_value(BAREA) AS unit,
       any_value(_source) AS source
FROM answers
JOIN rated USING (question)
GROUP BY RESPNUM, touchpoint
