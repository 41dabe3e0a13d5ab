-- Question: Which services have stopped sending, and since when?
-- Parameter :since  a service whose last record came in before this moment (UTC) counts as silent

SELECT service, max(received_at) AS last_received_at, count(*) AS records
FROM usage_record
GROUP BY service
HAVING max(received_at) < :since
ORDER BY last_received_at, service;
