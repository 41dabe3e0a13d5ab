-- Question: Which records came in long after what they record had happened?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts
-- Parameter :minutes  how late is late

SELECT record_id, service, source, record_time, received_at,
       floor(extract(epoch FROM received_at - record_time) / 60) AS minutes_late
FROM usage_record
WHERE record_time >= :since AND record_time < :until
  AND received_at - record_time > :minutes * interval '1 minute'
ORDER BY minutes_late DESC, record_id;
