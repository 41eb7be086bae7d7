CREATE VIEW events AS SELECT * FROM read_parquet('FILES', hive_partitioning=true, hive_types_autocast=0);
SELECT from_touchpoint, to_touchpoint, count(*) AS n, count(DISTINCT journey_id) AS journeys, count(DISTINCT customer_id) AS customers,
    avg(hours) AS mean_hours, median(hours) AS median_hours, avg((hours = 0)::INTEGER) AS tied_share
FROM (
    SELECT journey_id, customer_id, touchpoint AS to_touchpoint, lag(touchpoint) OVER steps AS from_touchpoint,
        (epoch_us(started_at) - lag(epoch_us(started_at)) OVER steps) / 3.6e9 AS hours
    FROM events WINDOW steps AS (PARTITION BY journey_id ORDER BY started_at, event_id)
)
WHERE from_touchpoint IS NOT NULL GROUP BY ALL ORDER BY n DESC;
WITH s1 AS (SELECT journey_id, min(customer_id) AS customer_id, min(started_at) AS at FROM events WHERE touchpoint = 'booking' GROUP BY 1),
    s2 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s1 USING (journey_id)
        WHERE touchpoint = 'checkin' AND started_at >= s1.at GROUP BY 1),
    s3 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s2 USING (journey_id)
        WHERE touchpoint = 'counter' AND started_at >= s2.at GROUP BY 1),
    s4 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s3 USING (journey_id)
        WHERE touchpoint = 'handover' AND started_at >= s3.at GROUP BY 1),
    s5 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s4 USING (journey_id)
        WHERE touchpoint = 'drive' AND started_at >= s4.at GROUP BY 1),
    s6 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s5 USING (journey_id)
        WHERE touchpoint = 'return' AND started_at >= s5.at GROUP BY 1),
    s7 AS (SELECT journey_id, min(e.customer_id) AS customer_id, min(started_at) AS at FROM events e JOIN s6 USING (journey_id)
        WHERE touchpoint = 'settle' AND started_at >= s6.at GROUP BY 1)
SELECT 'entrants' AS touchpoint, count(DISTINCT journey_id) AS n, count(DISTINCT customer_id) AS customers FROM events
UNION ALL SELECT 'booking', count(*), count(DISTINCT customer_id) FROM s1
UNION ALL SELECT 'checkin', count(*), count(DISTINCT customer_id) FROM s2
UNION ALL SELECT 'counter', count(*), count(DISTINCT customer_id) FROM s3
UNION ALL SELECT 'handover', count(*), count(DISTINCT customer_id) FROM s4
UNION ALL SELECT 'drive', count(*), count(DISTINCT customer_id) FROM s5
UNION ALL SELECT 'return', count(*), count(DISTINCT customer_id) FROM s6
UNION ALL SELECT 'settle', count(*), count(DISTINCT customer_id) FROM s7;
