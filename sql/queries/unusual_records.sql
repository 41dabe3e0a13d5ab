-- Question: What was unusual about records, by service: names the catalog does not know, repaired arrays, unlikely times?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT service, event_type, remarks, count(*) AS records
FROM usage_record
WHERE remarks IS NOT NULL AND record_time >= :since AND record_time < :until
GROUP BY service, event_type, remarks
ORDER BY records DESC, service, event_type, remarks;
