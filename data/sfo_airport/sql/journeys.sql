-- A departure is a journey, from arrival at the airport to the scheduled departure. INTDATE is the day in May 2017.
WITH times AS (
    SELECT *, make_date(2017, 5, TRY_CAST(INTDATE AS INTEGER))
              + CAST(try_strptime(DEPTIME, '%m/%d/%Y %I:%M:%S %p') AS TIME) AS departed_at
    FROM survey
)
SELECT RESPNUM AS journey_id,
       departed_at - to_minutes(coalesce(TRY_CAST(HOWLONG AS INTEGER), 0)) AS started_at,
       departed_at AS ended_at,
       'completed' AS status,
       'Boarding area ' || BAREA AS unit,
       CASE PEAK WHEN '1' THEN 'domestic, peak (8 am to 1 pm)' WHEN '2' THEN 'domestic, off-peak' WHEN '3' THEN 'international' END AS flight_kind,
       CASE WHEN Q2PURP1 IN ('1', '5') THEN 'business, conference'
            WHEN Q2PURP1 = '2' THEN 'pleasure'
            WHEN Q2PURP1 = '3' THEN 'friends or relatives'
            WHEN Q2PURP1 IS NOT NULL THEN 'other' END AS purpose,
       CASE Q5FIRSTTIME WHEN '2' THEN 'first time' WHEN '1' THEN 'been here before' END AS first_time,
       CASE Q16LIVE WHEN '1' THEN 'Bay Area' WHEN '2' THEN 'Northern California' WHEN '3' THEN 'elsewhere' END AS residence,
       CASE WHEN Q3GETTO1 = '1' THEN 'drove and parked'
            WHEN Q3GETTO1 = '2' THEN 'dropped off'
            WHEN Q3GETTO1 = '3' THEN 'connecting flight'
            WHEN Q3GETTO1 IN ('4', '5', '12') THEN 'taxi, ride or limousine'
            WHEN Q3GETTO1 IN ('6', '15', '16', '17') THEN 'train or bus'
            WHEN Q3GETTO1 IN ('7', '8', '13', '14') THEN 'van or shuttle'
            WHEN Q3GETTO1 = '9' THEN 'rental car'
            WHEN Q3GETTO1 IS NOT NULL THEN 'other' END AS got_here_by,
       CASE LANG WHEN '1' THEN 'English' WHEN '2' THEN 'Spanish' WHEN '3' THEN 'Chinese' WHEN '4' THEN 'Japanese' END AS language,
       _source AS source
FROM times
