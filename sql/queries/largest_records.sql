-- Question: Which records are the largest, by the text of their properties?
-- Parameter :limit  how many to show

SELECT r.record_id, r.service, r.event_type,
       count(*) AS properties,
       sum(length(p.name) + length(p.value)) AS characters
FROM usage_record r
JOIN usage_property p ON p.record_id = r.record_id
GROUP BY r.record_id, r.service, r.event_type
ORDER BY characters DESC, r.record_id
LIMIT :limit;
