-- Usage records: common event data in one table, service-specific attributes beside it, and a view with the
-- columns that a billing mediator of the old platform expects.
-- All times are text in UTC, `YYYY-MM-DD HH:MM:SS.mmm`, which SQLite's date functions and ORDER BY understand.

-- ---------------------------------------------------------------------------------------------------------------
-- Common event data: one row for each recording point that a service reached.
-- Rows lie in the order of their record_id, which is the order of receipt. No foreign keys: a record and its
-- properties are written in one transaction and never updated.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_record (
    record_id             TEXT    NOT NULL,  -- UUIDv7, issued by the service: its order is the order of receipt
    received_at           TEXT    NOT NULL,  -- when the service took the record in
    record_time           TEXT    NOT NULL,  -- when the recording point was reached, as the caller states it
    code                  INTEGER NOT NULL,  -- status: 0 success, 1 general failure, 2 privacy; others by service
    global_transaction_id TEXT    NOT NULL,  -- Web-service transaction; several records may share it
    service               TEXT    NOT NULL,  -- service implementation that wrote the record
    event_type            TEXT    NOT NULL,  -- recording point inside that service
    host                  TEXT    NOT NULL,  -- host that wrote the record: the usage service's own name
    source                TEXT    NOT NULL,  -- edge or foreign system it came through, for example soap
    requester             TEXT,              -- who asked for the service, from the header or the attributes
    principal             TEXT,              -- who authenticated to the usage service
    caller_address        TEXT,              -- network address of the writer
    header_transaction_id TEXT,              -- twssHeaders/globalTransactionID where it differs from the body's
    header_service_id     TEXT,              -- twssHeaders/serviceID
    remarks               TEXT,              -- what was unusual, comma-separated, for example unknown_service
    CONSTRAINT usage_record_pk PRIMARY KEY (record_id)
) WITHOUT ROWID;

-- Which records belong to this transaction?
CREATE INDEX usage_record_by_transaction ON usage_record (global_transaction_id);

-- What happened between these two times?
CREATE INDEX usage_record_by_time ON usage_record (record_time);

-- ---------------------------------------------------------------------------------------------------------------
-- Service-specific attributes: as many rows for each record as it has attributes.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_property (
    record_id TEXT    NOT NULL,  -- the record it belongs to
    position  INTEGER NOT NULL,  -- 0, 1, 2 … in the caller's order; a name may repeat
    name      TEXT    NOT NULL,  -- name of the attribute, as sent
    value     TEXT    NOT NULL,  -- every character as sent; may be empty
    CONSTRAINT usage_property_pk PRIMARY KEY (record_id, position)
) WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------------------------
-- How the view USAGERECORDS packs the properties. Exactly one row; a DBA may change it.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE servicedata_format (
    only_row    INTEGER NOT NULL DEFAULT 1,          -- keeps this table at one row
    escaping    TEXT    NOT NULL DEFAULT 'minimal',  -- minimal: % ; CR LF (and = in names) as %XX; raw: unchanged
    limit_bytes INTEGER NOT NULL DEFAULT 4000,       -- longest SERVICEDATA of one row, in UTF-8 bytes
    CONSTRAINT servicedata_format_pk PRIMARY KEY (only_row),
    CONSTRAINT servicedata_format_one_row CHECK (only_row = 1),
    CONSTRAINT servicedata_format_escaping CHECK (escaping IN ('minimal', 'raw')),
    CONSTRAINT servicedata_format_limit CHECK (limit_bytes >= 4)
);
INSERT INTO servicedata_format DEFAULT VALUES;

-- One property as it stands in SERVICEDATA.
CREATE VIEW servicedata_pair AS
SELECT p.record_id, p.position,
       CASE f.escaping WHEN 'raw' THEN p.name || '=' || p.value
       ELSE replace(replace(replace(replace(replace(p.name, '%', '%25'), ';', '%3B'), char(13), '%0D'), char(10), '%0A'), '=', '%3D')
            || '=' ||
            replace(replace(replace(replace(p.value, '%', '%25'), ';', '%3B'), char(13), '%0D'), char(10), '%0A')
       END
       || CASE WHEN EXISTS (SELECT 1 FROM usage_property n WHERE n.record_id = p.record_id AND n.position = p.position + 1)
               THEN ';' ELSE '' END AS pair
FROM usage_property p CROSS JOIN servicedata_format f;

-- ---------------------------------------------------------------------------------------------------------------
-- USAGERECORDS: the nine columns of the old platform's table, so that an existing mediator's SQL still works.
-- RECORDTIME is in UTC; RECORDTIME_MS gives the same instant in milliseconds since 1970.
-- The inner query walks the pairs of one record and cuts `name=value;name=value` into segments that fit a row: cuts
-- fall between pairs, the `;` stays with the earlier segment; only a pair longer than a whole row is cut, between
-- characters (never before a UTF-8 continuation byte, 80 to BF).
-- ---------------------------------------------------------------------------------------------------------------
CREATE VIEW usagerecords AS
SELECT r.record_id             AS recordid,  -- unique record identifier
       s.key                   AS segment,  -- number of the row within its record; above 0 where SERVICEDATA overflows
       r.global_transaction_id AS globalid,  -- Web-service transaction
       r.service               AS service,  -- service implementation that wrote the record
       r.host                  AS host,  -- host that wrote the record
       r.event_type            AS eventtype,  -- recording point: the operation performed
       r.record_time           AS recordtime,  -- when the recording point was reached, in UTC
       r.code                  AS statuscode,  -- status, in the service's own list
       s.value                 AS servicedata,  -- name=value;name=value, packed as servicedata_format says
       CAST(strftime('%s', r.record_time) AS INTEGER) * 1000 + CAST(substr(r.record_time, -3) AS INTEGER) AS recordtime_ms  -- the same instant as recordtime, in milliseconds since 1970
FROM usage_record r, json_each((
    WITH RECURSIVE step (segment, filled, piece, next_position) AS (
        -- filled: the segment so far; piece: what is to be placed next, NULL when all is placed
        SELECT 0, x'', (SELECT CAST(pair AS BLOB) FROM servicedata_pair WHERE record_id = r.record_id AND position = 0), 1
        UNION ALL
        SELECT
            segment + (length(filled) > 0 AND length(filled) + length(piece) > limit_bytes),
            CASE WHEN length(filled) > 0 AND length(filled) + length(piece) > limit_bytes THEN x''
                 WHEN length(piece) <= limit_bytes THEN CAST(filled || piece AS BLOB)
                 ELSE substr(piece, 1, CASE
                     WHEN hex(substr(piece, limit_bytes + 1, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes
                     WHEN hex(substr(piece, limit_bytes, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes - 1
                     WHEN hex(substr(piece, limit_bytes - 1, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes - 2
                     ELSE limit_bytes - 3 END)
            END,
            CASE WHEN length(filled) > 0 AND length(filled) + length(piece) > limit_bytes THEN piece
                 WHEN length(piece) <= limit_bytes THEN
                     (SELECT CAST(pair AS BLOB) FROM servicedata_pair WHERE record_id = r.record_id AND position = next_position)
                 ELSE substr(piece, 1 + CASE
                     WHEN hex(substr(piece, limit_bytes + 1, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes
                     WHEN hex(substr(piece, limit_bytes, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes - 1
                     WHEN hex(substr(piece, limit_bytes - 1, 1)) NOT BETWEEN '80' AND 'BF' THEN limit_bytes - 2
                     ELSE limit_bytes - 3 END)
            END,
            next_position + (length(piece) <= limit_bytes AND NOT (length(filled) > 0 AND length(filled) + length(piece) > limit_bytes))
        FROM step CROSS JOIN servicedata_format
        WHERE piece IS NOT NULL
    )
    SELECT json_group_array(CAST(filled AS TEXT))
    FROM (SELECT filled, max(length(filled)) FROM step GROUP BY segment ORDER BY segment)
)) s;
