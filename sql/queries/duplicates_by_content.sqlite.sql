-- Question: Which records say the same word for word, as if a client had sent them twice?
-- Parameter :since  first record time, UTC, for example 2024-05-01 00:00:00
-- Parameter :until  first record time that no longer counts

-- The same transaction, service, event type, time and code, and the same properties in the same order.
SELECT min(CAST(record_id AS varchar(36))) AS first_record_id, count(*) AS copies,
       global_transaction_id, service, event_type
FROM (SELECT r.*, (SELECT group_concat(pair, char(10))
                      FROM (SELECT name || '=' || value AS pair FROM usage_property p
                            WHERE p.record_id = r.record_id ORDER BY position)) AS properties
      FROM usage_record r
      WHERE r.record_time >= :since AND r.record_time < :until) stated
GROUP BY global_transaction_id, service, event_type, record_time, code, properties
HAVING count(*) > 1
ORDER BY first_record_id;
