-- Question: Which records came in long after what they tell of had happened?
-- Parameter :minutes  how late is late

SELECT record_id, service, source, record_time, received_at,
       floor(extract(epoch FROM received_at - record_time) / 60) AS minutes_late
FROM usage_record
WHERE received_at - record_time > :minutes * interval '1 minute'
ORDER BY minutes_late DESC, record_id;
