-- Question: Who caused how many records, of which services, and how many of them failed?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT coalesce(requester, '(unknown)') AS requester,
       service,
       count(*) AS records,
       sum(CASE WHEN code <> 0 THEN 1 ELSE 0 END) AS failures
FROM usage_record
WHERE record_time >= :since AND record_time < :until
GROUP BY 1, service
ORDER BY records DESC, 1, service;
