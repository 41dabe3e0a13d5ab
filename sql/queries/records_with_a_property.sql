-- Question: Which records carry this property with this value?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts
-- Parameter :name  name of the property, exactly as the service spells it
-- Parameter :value  its value

SELECT r.record_id, r.record_time, r.service, r.event_type, r.code
FROM usage_record r
WHERE r.record_time >= :since AND r.record_time < :until
  AND EXISTS (SELECT 1 FROM usage_property p WHERE p.record_id = r.record_id AND p.name = :name AND p.value = :value)
ORDER BY r.record_id;
