-- Question: Which records belong to this transaction, in the order in which they came?
-- Parameter :transaction  global transaction id

SELECT record_id, record_time, service, event_type, code, requester
FROM usage_record
WHERE global_transaction_id = :transaction
ORDER BY record_id;
