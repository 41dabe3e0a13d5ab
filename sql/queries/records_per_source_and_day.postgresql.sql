-- Question: How many records came through each edge or foreign system, day by day (UTC)?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT to_char(record_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, source, count(*) AS records
FROM usage_record
WHERE record_time >= :since AND record_time < :until
GROUP BY 1, source
ORDER BY 1, source;
