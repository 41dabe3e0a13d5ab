-- Question: Which status codes does each service report, and how often? (A code means what the service's own list says.)
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT service, code, count(*) AS records
FROM usage_record
WHERE record_time >= :since AND record_time < :until
GROUP BY service, code
ORDER BY service, code;
