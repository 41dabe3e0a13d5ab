-- Question: Which records came in long after what they record had happened?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts
-- Parameter :minutes  how late is late

SELECT record_id, service, source, record_time, received_at,
       CAST((julianday(received_at) - julianday(record_time)) * 1440 AS INTEGER) AS minutes_late
FROM usage_record
WHERE record_time >= :since AND record_time < :until
  AND julianday(received_at) - julianday(record_time) > :minutes / 1440.0
ORDER BY minutes_late DESC, record_id;
