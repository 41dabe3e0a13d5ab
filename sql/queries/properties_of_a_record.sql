-- Question: What did the service say about this record, in its own order?
-- Parameter :record_id  id of the record

SELECT position, name, value
FROM usage_property
WHERE record_id = :record_id
ORDER BY position;
