-- Question: How many records of each service state a failure, hour by hour (UTC), and how large a part is that?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT to_char(record_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24') AS hour,
       service,
       count(*) AS records,
       sum(CASE WHEN code <> 0 THEN 1 ELSE 0 END) AS failures,
       round(100.0 * sum(CASE WHEN code <> 0 THEN 1 ELSE 0 END) / count(*), 1) AS percent
FROM usage_record
WHERE record_time >= :since AND record_time < :until
GROUP BY 1, service
HAVING sum(CASE WHEN code <> 0 THEN 1 ELSE 0 END) > 0
ORDER BY 1, service;
