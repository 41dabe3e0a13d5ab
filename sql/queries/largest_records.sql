-- Question: Which records are the largest, by the text of their properties?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts
-- Parameter :limit  how many to show

SELECT r.record_id, r.service, r.event_type,
       count(*) AS properties,
       sum(length(p.name) + length(p.value)) AS characters
FROM usage_record r
JOIN usage_property p ON p.record_id = r.record_id
WHERE r.record_time >= :since AND r.record_time < :until
GROUP BY r.record_id, r.service, r.event_type
ORDER BY characters DESC, r.record_id
LIMIT :limit;
