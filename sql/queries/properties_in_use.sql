-- Question: Which properties does each service really send, how often, and with how many different values?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

SELECT r.service, r.event_type, p.name,
       count(DISTINCT r.record_id) AS records,
       count(DISTINCT p.value) AS different_values
FROM usage_record r
JOIN usage_property p ON p.record_id = r.record_id
WHERE r.record_time >= :since AND r.record_time < :until
GROUP BY r.service, r.event_type, p.name
ORDER BY r.service, r.event_type, p.name;
