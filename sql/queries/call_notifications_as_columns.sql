-- Question: Which call notifications were started and stopped, with their properties as columns?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

-- One line for each record; a property that was sent twice shows its last value in alphabetical order.
SELECT r.record_id,
       r.event_type,
       max(CASE WHEN p.name = 'REQUESTER'    THEN p.value END) AS requester,
       max(CASE WHEN p.name = 'CORRELATOR'   THEN p.value END) AS correlator,
       max(CASE WHEN p.name = 'CALLED_PARTY' THEN p.value END) AS called_party
FROM usage_record r
LEFT JOIN usage_property p ON p.record_id = r.record_id
WHERE r.service = 'PX21_CN_IMS' AND r.record_time >= :since AND r.record_time < :until
GROUP BY r.record_id, r.event_type
ORDER BY r.record_id;
