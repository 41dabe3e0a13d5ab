-- The whole schema of the usage service on SQLite, as it is after every migration: read it here, or apply it to an
-- empty file instead of `usage-service db init`:
--
--     sqlite3 usage.db < sql/sqlite/schema.sql
--
-- Written by `make schema` from migrations/.

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

-- The ledger: idempotency keys, corrections with history, closed periods, completeness per source, kept rejects.
-- Nothing here is ever updated, and nothing deleted except by retention.

-- ---------------------------------------------------------------------------------------------------------------
-- Idempotency keys: a caller's key names one record for ever, so that a retry cannot store it again. Written in the
-- same transaction as the record; the primary key is the judge. Kept as long as callers may still retry.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE once_key (
    service        TEXT    NOT NULL,  -- keys of different services do not meet
    key            TEXT    NOT NULL,  -- wsa:… a WS-Addressing message id, key:… the caller's own, hash:… of the content
    record_id      TEXT    NOT NULL,  -- the record the key stands for
    content_digest TEXT    NOT NULL,  -- BLAKE2 of the record: the same key with another content is refused
    used_at        TEXT    NOT NULL,  -- when it was first used; retention goes by it
    CONSTRAINT once_key_used_once PRIMARY KEY (service, key)
) WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------------------------
-- Adjustments: a record is voided, or replaced by a corrected one. A record can be adjusted once; what corrects it
-- can be adjusted again, so that the history of a record is a chain.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_adjustment (
    record_id      TEXT    NOT NULL,  -- the record that no longer counts
    replacement_id TEXT,              -- the record that counts instead; empty for a void
    adjusted_at    TEXT    NOT NULL,  -- when it was adjusted
    actor          TEXT    NOT NULL,  -- who did it
    reason_code    TEXT    NOT NULL,  -- why, for programs
    reason         TEXT    NOT NULL,  -- why, for people
    principal TEXT,  -- the caller that authenticated, where one had to
    CONSTRAINT usage_adjustment_once PRIMARY KEY (record_id)
) WITHOUT ROWID;

-- Which record does this one replace?
CREATE UNIQUE INDEX usage_adjustment_by_replacement ON usage_adjustment (replacement_id) WHERE replacement_id IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Periods: closing one forbids to void or correct what happened in it. The latest entry for a span is in force.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_period (
    entry_id       TEXT    NOT NULL,  -- UUIDv7: its order is the order of entry
    service        TEXT    NOT NULL,  -- the service whose records it covers; empty: of every service
    starts_at      TEXT    NOT NULL,  -- record times from here …
    ends_at        TEXT    NOT NULL,  -- … to before here
    closed         INTEGER NOT NULL,  -- true: closed, false: opened again
    entered_at     TEXT    NOT NULL,  -- for a closed period: the instant its figures are as of
    actor          TEXT    NOT NULL,  -- who closed or opened it
    reason         TEXT    NOT NULL,  -- why, for people
    CONSTRAINT usage_period_pk PRIMARY KEY (entry_id),
    CONSTRAINT usage_period_span CHECK (starts_at < ends_at)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Sequence numbers: where a source counts what it sends, holes prove a loss. Numbers start at 1 in each epoch.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE source_sequence (
    source         TEXT    NOT NULL,  -- who counts
    epoch          TEXT    NOT NULL,  -- which count: a source that restarts begins a new one
    number         INTEGER NOT NULL,  -- the source's own number for the message
    seen_at        TEXT    NOT NULL,  -- when it arrived
    record_id      TEXT               -- the record that carried the number, if it was a record
);

-- Which numbers of this source are there?
CREATE INDEX source_sequence_by_number ON source_sequence (source, epoch, number);

-- ---------------------------------------------------------------------------------------------------------------
-- Rejects: what could not become a record, with its bytes, so that it can be put right and replayed.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_reject (
    reject_id      TEXT    NOT NULL,  -- UUIDv7: its order is the order of arrival
    rejected_at    TEXT    NOT NULL,  -- when it was refused
    source         TEXT    NOT NULL,  -- edge or foreign system it came from
    message_id     TEXT    NOT NULL,  -- which kind of mistake, for example UREC0001E
    field          TEXT,              -- the field at fault
    reason         TEXT    NOT NULL,  -- what is wrong, for people
    content_type   TEXT,              -- content type the caller stated
    caller_address TEXT,              -- network address of the caller
    principal      TEXT,              -- who authenticated to the usage service
    body_bytes     INTEGER NOT NULL,  -- length of the whole body
    body           BLOB    NOT NULL,  -- the body, cut at the configured length
    CONSTRAINT usage_reject_pk PRIMARY KEY (reject_id)
);

-- What became of a reject when it was tried again.
CREATE TABLE usage_reject_replay (
    reject_id      TEXT    NOT NULL,  -- the reject that was tried again
    replayed_at    TEXT    NOT NULL,  -- when it was tried again
    actor          TEXT    NOT NULL,  -- who tried it again
    record_id      TEXT,              -- the record it became; empty when it was refused again
    reason         TEXT               -- why it was refused again
);

-- Has this reject been replayed?
CREATE INDEX usage_reject_replay_by_reject ON usage_reject_replay (reject_id);

-- ---------------------------------------------------------------------------------------------------------------
-- Views
-- ---------------------------------------------------------------------------------------------------------------

-- What counts now: without voided records, with corrected ones in place of those they replace.
CREATE VIEW usage_current AS
SELECT r.* FROM usage_record r
WHERE NOT EXISTS (SELECT 1 FROM usage_adjustment a WHERE a.record_id = r.record_id);

-- What counted at an instant: SQLite has no views with parameters; sql/queries/usage_as_of.sql asks for one.

-- Which periods are closed now.
CREATE VIEW closed_period AS
SELECT service, starts_at, ends_at, entered_at AS closed_at, actor, reason
FROM usage_period p
WHERE closed AND NOT EXISTS (
    SELECT 1 FROM usage_period later
    WHERE later.service = p.service AND later.starts_at = p.starts_at AND later.ends_at = p.ends_at
      AND later.entry_id > p.entry_id);

-- Usage that arrived after its period was closed.
CREATE VIEW usage_late AS
SELECT r.*, p.closed_at FROM usage_record r
JOIN closed_period p ON p.service IN ('', r.service)
                    AND r.record_time >= p.starts_at AND r.record_time < p.ends_at AND r.received_at > p.closed_at;

-- Genesys: calls as their servers report them, the IS-Links between them, and the customer interactions they make up.
-- What the servers said is in genesys_call and the tables of the calls' parts; it only ever grows. What follows from
-- it (link sides, link history, interactions) is rewritten whenever new events change it.

-- ---------------------------------------------------------------------------------------------------------------
-- Calls: one row for each call on each server. A moment is the server's process (session), its event counter (number)
-- and its clock; only moments of one server can be compared.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE genesys_call (
    call_uuid           TEXT    NOT NULL,  -- CallUUID: identity of the call on its server
    server              TEXT    NOT NULL,  -- T-Server or SIP Server; empty where unknown
    first_session       TEXT    NOT NULL,  -- earliest event: process of the server, by its start; empty when unknown
    first_number        INTEGER NOT NULL,  -- earliest event: EventSequenceNumber
    first_at            TEXT    NOT NULL,  -- earliest event: time by the server's clock, to the microsecond
    created_session     TEXT,      -- EventCallCreated: process
    created_number      INTEGER,   -- EventCallCreated: EventSequenceNumber
    created_at          TEXT,      -- EventCallCreated: time
    ended_session       TEXT,      -- EventCallDeleted: process
    ended_number        INTEGER,   -- EventCallDeleted: EventSequenceNumber
    ended_at            TEXT,      -- EventCallDeleted: time
    merged_into         TEXT,      -- RefCallUUID: the call, on the same server, that survived a merge
    merged_session      TEXT,      -- the merge: process
    merged_number       INTEGER,   -- the merge: EventSequenceNumber
    merged_at           TEXT,      -- the merge: time
    revision            INTEGER NOT NULL,  -- counts the changes to the call
    settled_revision    INTEGER NOT NULL,  -- the revision that interactions and usage records were last made from
    CONSTRAINT genesys_call_pk PRIMARY KEY (call_uuid, server)
) WITHOUT ROWID;

-- Which calls were merged into this one?
CREATE INDEX genesys_call_by_survivor ON genesys_call (merged_into) WHERE merged_into IS NOT NULL;

-- Which calls have changed since their interaction was last settled?
CREATE INDEX genesys_call_unsettled ON genesys_call (call_uuid) WHERE revision <> settled_revision;

-- Every ConnID a call had. For finding calls; a ConnID may repeat and joins nothing.
CREATE TABLE genesys_conn_id (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    conn_id             TEXT    NOT NULL,  -- 16 hexadecimal digits
    CONSTRAINT genesys_conn_id_pk PRIMARY KEY (call_uuid, server, conn_id)
) WITHOUT ROWID;

-- Which calls had this ConnID?
CREATE INDEX genesys_conn_id_by_id ON genesys_conn_id (conn_id);

-- Attributes of a call, each with its last stated value.
CREATE TABLE genesys_attribute (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    name                TEXT    NOT NULL,  -- ANI, DNIS, CallType, …; UserData.KEY for attached data
    value               TEXT    NOT NULL,  -- as the server stated it
    session             TEXT    NOT NULL,  -- when it was stated: process
    number              INTEGER NOT NULL,  -- when it was stated: EventSequenceNumber
    stated_at           TEXT    NOT NULL,  -- when it was stated: time
    CONSTRAINT genesys_attribute_pk PRIMARY KEY (call_uuid, server, name)
) WITHOUT ROWID;

-- Which calls carry this value, for example a SIP Call-ID?
CREATE INDEX genesys_attribute_by_value ON genesys_attribute (value);

-- Every event that listed the links of a call.
CREATE TABLE genesys_link_list (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    session             TEXT    NOT NULL,  -- the event: process
    number              INTEGER NOT NULL,  -- the event: EventSequenceNumber
    listed_at           TEXT    NOT NULL,  -- the event: time
    complete            INTEGER NOT NULL,  -- false: links may be missing from the list, so that absence proves nothing
    CONSTRAINT genesys_link_list_pk PRIMARY KEY (call_uuid, server, session, number)
) WITHOUT ROWID;

-- The links in such a list, exactly as listed.
CREATE TABLE genesys_listed_link (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    session             TEXT    NOT NULL,  -- the event: process
    number              INTEGER NOT NULL,  -- the event: EventSequenceNumber
    link_id             TEXT    NOT NULL,  -- identity of the IS-Link, the same on both of its sides
    role                TEXT    NOT NULL,  -- direction-role: source (this server starts the transfer) or target
    remote_location     TEXT    NOT NULL,  -- location-name: Application@Switch of the other side
    CONSTRAINT genesys_listed_link_pk PRIMARY KEY (call_uuid, server, session, number, link_id, role, remote_location)
) WITHOUT ROWID;

-- Which calls ever had this link?
CREATE INDEX genesys_listed_link_by_link ON genesys_listed_link (link_id);

-- ---------------------------------------------------------------------------------------------------------------
-- Links: what the sides of each IS-Link amount to. One row for each call that reports the link.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE genesys_link_side (
    link_id             TEXT    NOT NULL,  -- identity of the IS-Link
    call_uuid           TEXT    NOT NULL,  -- the call that reports it …
    server              TEXT    NOT NULL,  -- … and its server
    current_call_uuid   TEXT    NOT NULL,  -- the same call, or the one it was merged into
    role                TEXT    NOT NULL,  -- source or target
    remote_location     TEXT    NOT NULL,  -- Application@Switch of the other side
    first_number        INTEGER NOT NULL,  -- EventSequenceNumber of the event that first listed it
    first_at            TEXT    NOT NULL,  -- time of that event
    removed             INTEGER NOT NULL,  -- no longer in the call's list; it still shows which way the customer went
    state               TEXT    NOT NULL,  -- of the whole link: waiting, complete, no_pair (other switch not monitored), failed (timed out)
    CONSTRAINT genesys_link_side_pk PRIMARY KEY (link_id, call_uuid, server)
) WITHOUT ROWID;

-- Which links has this call?
CREATE INDEX genesys_link_side_by_call ON genesys_link_side (call_uuid);

-- Every change of a link.
CREATE TABLE genesys_link_history (
    link_id             TEXT    NOT NULL,  -- identity of the IS-Link
    position            INTEGER NOT NULL,  -- 0, 1, 2 … of the link, call by call
    change              TEXT    NOT NULL,  -- added, removed, or moved to the surviving call of a merge
    call_uuid           TEXT    NOT NULL,  -- the call it was added to, removed from or moved to …
    server              TEXT    NOT NULL,  -- … and its server
    number              INTEGER NOT NULL,  -- EventSequenceNumber of the event
    changed_at          TEXT    NOT NULL,  -- time of the event
    CONSTRAINT genesys_link_history_pk PRIMARY KEY (link_id, position)
) WITHOUT ROWID;

-- What happened to the links of this call?
CREATE INDEX genesys_link_history_by_call ON genesys_link_history (call_uuid);

-- ---------------------------------------------------------------------------------------------------------------
-- Interactions: the calls that links and merges tie together.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE genesys_interaction (
    interaction_id      TEXT    NOT NULL,  -- smallest CallUUID of its calls; the transaction id of its usage records
    started_at          TEXT    NOT NULL,  -- start of its first call, by the clock of that call's server
    final               INTEGER NOT NULL,  -- true: every call has ended and no link waits; usage records have been written
    calls               INTEGER NOT NULL,  -- number of its calls
    problems            INTEGER NOT NULL,  -- number of contradictions between the servers' reports
    as_of               TEXT    NOT NULL,  -- time-outs up to here have been applied
    due_at              TEXT,      -- when the next link that waits will have waited long enough
    CONSTRAINT genesys_interaction_pk PRIMARY KEY (interaction_id)
) WITHOUT ROWID;

-- Which interactions have a link whose time is up?
CREATE INDEX genesys_interaction_due ON genesys_interaction (due_at) WHERE due_at IS NOT NULL;

-- Which interactions started last?
CREATE INDEX genesys_interaction_by_start ON genesys_interaction (started_at);

-- The calls of each interaction in the order of the path, which clocks have no part in.
CREATE TABLE genesys_interaction_call (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server, as in genesys_call
    interaction_id      TEXT    NOT NULL,  -- the interaction
    position            INTEGER NOT NULL,  -- 0, 1, 2 … from the first call to the last
    server_name         TEXT    NOT NULL,  -- name of the server; where unknown, what the other side of a link calls it
    inferred            INTEGER NOT NULL,  -- true: the name was concluded from the other side
    CONSTRAINT genesys_interaction_call_pk PRIMARY KEY (call_uuid, server)
) WITHOUT ROWID;

-- Which calls has this interaction?
CREATE INDEX genesys_interaction_call_by_interaction ON genesys_interaction_call (interaction_id);

-- Idempotency keys of the usage records made of calls and interactions, entered before the records are written: when
-- late news gives a call another key, the record under the old one is found and voided.
CREATE TABLE genesys_usage (
    service             TEXT    NOT NULL,  -- service of the record
    once_key            TEXT    NOT NULL,  -- key of the record
    call_uuid           TEXT    NOT NULL,  -- the call, or the call that names the interaction
    CONSTRAINT genesys_usage_pk PRIMARY KEY (service, once_key)
) WITHOUT ROWID;

-- Which keys were used for this call?
CREATE INDEX genesys_usage_by_call ON genesys_usage (call_uuid);

-- ---------------------------------------------------------------------------------------------------------------
-- Reading: how far each log has been read, written in the same transaction as the events before that place.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE genesys_log (
    log                 TEXT    NOT NULL,  -- name of the log: its server, or the path of its first file
    position            TEXT    NOT NULL,  -- the reader's whole state as JSON: file, offset, open message, clock
    read_at             TEXT    NOT NULL,  -- when it got there
    CONSTRAINT genesys_log_pk PRIMARY KEY (log)
) WITHOUT ROWID;

-- What was rejected, so that reading the same place again does not keep it twice.
CREATE TABLE genesys_reject (
    digest              TEXT    NOT NULL,  -- SHA-256 of file, offset, reason and text
    reject_id           TEXT    NOT NULL,  -- the reject in usage_reject
    CONSTRAINT genesys_reject_pk PRIMARY KEY (digest)
) WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------------------------
-- Views, with the names and codes of the Interaction Concentrator's tables where these fit.
-- ---------------------------------------------------------------------------------------------------------------

-- Calls.
CREATE VIEW g_call AS
SELECT c.call_uuid AS callid,  -- CallUUID
       c.merged_into AS mergecallid,  -- the call that survived a merge
       (SELECT min(i.conn_id) FROM genesys_conn_id i
        WHERE i.call_uuid = c.call_uuid AND i.server = c.server) AS connid,  -- ConnID; the smallest where it had several
       p.interaction_id AS irid,  -- the interaction
       p.server_name AS servername,  -- T-Server or SIP Server
       coalesce(c.created_at, c.first_at) AS created,  -- start by the server's clock
       c.ended_at AS terminated  -- end by the server's clock
FROM genesys_call c
LEFT JOIN genesys_interaction_call p ON p.call_uuid = c.call_uuid AND p.server = c.server;

-- Sides of links: a complete link has two rows.
CREATE VIEW g_is_link AS
SELECT s.link_id AS linkid,  -- the shared id
       s.current_call_uuid AS callid,  -- the call that has the link now
       CASE s.role WHEN 'source' THEN 2 WHEN 'target' THEN 3 ELSE 0 END AS islinktype,  -- 2 source, 3 target, 0 neither
       s.remote_location AS remotelocation,  -- Application@Switch of the other side
       CASE s.state WHEN 'complete' THEN 1 WHEN 'waiting' THEN 0 ELSE 3 END AS state,  -- 1 active, 0 waiting, 3 no pair expected
       s.first_at AS initiated,  -- when the call's server first listed it
       s.first_number AS gsys_ext_vch1  -- EventSequenceNumber of that event
FROM genesys_link_side s;

-- Changes of links.
CREATE VIEW g_is_link_history AS
SELECT h.link_id AS linkid,  -- the link
       h.position AS seq,  -- order of the changes, call by call
       CASE h.change WHEN 'added' THEN 1 WHEN 'moved' THEN 2 WHEN 'removed' THEN 3 ELSE 0 END AS changetype,  -- 1 added, 2 moved, 3 deleted
       h.call_uuid AS callid,  -- the call
       h.changed_at AS added  -- when, by the call's server
FROM genesys_link_history h;

-- Conference-bridge billing: who pays, the operator's files, and what was calculated from them.
-- Everything here is appended and nothing changed: a new version, a change, a later run takes the place of an earlier
-- one, and the earlier one stays. Only the rows of an import that never came to its end are ever deleted.

-- ---------------------------------------------------------------------------------------------------------------
-- Who pays and who uses
-- ---------------------------------------------------------------------------------------------------------------

-- Customers; the highest version is in force.
CREATE TABLE customer (
    customer_id            TEXT    NOT NULL,  -- who is invoiced
    version                INTEGER NOT NULL,  -- from 1
    default_sequencenumber TEXT    NOT NULL,  -- the cost centre that takes what is not assigned
    currency               TEXT    NOT NULL,  -- ISO 4217
    entity_ids             TEXT    NOT NULL,  -- JSON list: SAML entity ids of its identity providers
    scopes                 TEXT    NOT NULL,  -- JSON list: what stands behind the @ of its users' names
    recorded_at            TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT customer_pk PRIMARY KEY (customer_id, version)
);

-- Users' accounts at a bridge operator; the highest version is in force. Ids are exact text: 0012345 is not 12345.
CREATE TABLE service_account (
    service                TEXT    NOT NULL,  -- the operator, for example pgi
    external_id            TEXT    NOT NULL,  -- the id that its CDRs carry
    version                INTEGER NOT NULL,  -- from 1
    user_key               TEXT    NOT NULL,  -- the user in the application's words
    customer_id            TEXT    NOT NULL,  -- who answers for the user; need not be registered yet
    created_at             TEXT    NOT NULL,  -- since when the account exists
    deactivated_at         TEXT,              -- until when; lines may come all the same
    recorded_at            TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT service_account_pk PRIMARY KEY (service, external_id, version)
);

-- Every change of an account's cost centre, in order. The primary key is the judge of two changes at a time: each is
-- checked against all before it, so assignments never overlap.
CREATE TABLE cost_centre_change (
    service                TEXT    NOT NULL,  -- the bridge operator, for example pgi
    external_id            TEXT    NOT NULL,  -- the id that its CDRs carry
    change_no              INTEGER NOT NULL,  -- from 1, without holes
    kind                   TEXT    NOT NULL,  -- opened, closed, confirmed, missed or backdated
    number                 INTEGER,           -- which assignment of the account: opened, closed, confirmed, missed
    sequencenumber         TEXT,              -- opened: the cost centre; empty: the customer's default
    valid_from             TEXT,              -- opened: included. backdated: from when on the past was changed
    valid_to               TEXT,              -- opened, closed: not included; empty: until further notice
    source                 TEXT,              -- opened: login, import or manual
    evidence               TEXT,              -- opened: what an auditor can check later
    seen_at                TEXT,              -- opened, confirmed: when it was last stated
    missing_since          TEXT,              -- missed: when a login no longer carried the value
    actor                  TEXT,              -- backdated: who forced it
    reason                 TEXT,              -- backdated: why
    recorded_at            TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT cost_centre_change_pk PRIMARY KEY (service, external_id, change_no),
    CONSTRAINT cost_centre_change_kind CHECK (kind IN ('opened', 'closed', 'confirmed', 'missed', 'backdated'))
);

-- ---------------------------------------------------------------------------------------------------------------
-- The operator's files
-- ---------------------------------------------------------------------------------------------------------------

-- Files whose import began. One that is not in import_file as well was interrupted; the next attempt goes on.
CREATE TABLE import_begun (
    sha256         text        NOT NULL,  -- of the file's bytes
    name                   TEXT    NOT NULL,  -- what the file was called
    layout                 TEXT    NOT NULL,  -- name, version and hash of the layout it is read through
    sheet                  TEXT    NOT NULL,  -- the sheet its lines stand on
    period                 TEXT    NOT NULL,  -- YYYY-MM
    corrects               TEXT,              -- sha256 of the file it replaces
    begun_at               TEXT    NOT NULL,  -- when the import first began
    CONSTRAINT import_begun_pk PRIMARY KEY (sha256)
);

-- Files that were taken in completely. Only their lines count.
CREATE TABLE import_file (
    sha256         text        NOT NULL,  -- of the bytes of the file
    imported_at            TEXT    NOT NULL,  -- when the last row was in
    rows                   INTEGER NOT NULL,  -- lines and rejects
    corrects               TEXT,              -- sha256 of the file it replaces
    CONSTRAINT import_file_pk PRIMARY KEY (sha256),
    CONSTRAINT import_file_corrected_once UNIQUE (corrects)
);

-- What a file adds up to, by currency, unrounded: the figure that aggregates and suspense are held against.
CREATE TABLE import_total (
    sha256         text        NOT NULL,  -- of the bytes of the file
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    amount                 TEXT    NOT NULL,  -- as the file has it, never rounded
    CONSTRAINT import_total_pk PRIMARY KEY (sha256, currency)
);

-- One chargeable row of a file.
CREATE TABLE cdr_line (
    file_sha256    text        NOT NULL,  -- of the bytes of the file
    row_no                 INTEGER NOT NULL,  -- as a person sees it in the spreadsheet
    row_hash               TEXT    NOT NULL,  -- SHA-256 of raw
    service                TEXT    NOT NULL,  -- the bridge operator, for example pgi
    external_id            TEXT    NOT NULL,  -- the id that its CDRs carry
    start_at               TEXT    NOT NULL,  -- decides which assignment pays
    end_at                 TEXT,              -- when the use ended
    amount                 TEXT    NOT NULL,  -- as the file has it, never rounded
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    conference_id          TEXT,              -- the reservation or bridge
    minutes                TEXT,              -- as billed
    quantity               TEXT,              -- ports or participants
    participant            TEXT,              -- name, as the file has it
    calling_number         TEXT,              -- ANI
    called_number          TEXT,              -- DNIS
    access_type            TEXT,              -- toll, toll free, …
    billing_code           TEXT,              -- the operator's idea of the cost centre; a cross-check only
    tax                    TEXT,              -- as the file has it
    rate                   TEXT,              -- price of a minute
    raw                    TEXT    NOT NULL,  -- the whole row as JSON, heading → text
    remarks                TEXT    NOT NULL,  -- JSON list
    CONSTRAINT cdr_line_pk PRIMARY KEY (file_sha256, row_no)
);

-- Which lines belong to this account?
CREATE INDEX cdr_line_by_account ON cdr_line (service, external_id);

-- A row that should be a line and could not be read as one; its content is kept in usage_reject, too.
CREATE TABLE cdr_reject (
    file_sha256    text        NOT NULL,  -- of the bytes of the file
    row_no                 INTEGER NOT NULL,  -- as a person sees it in the spreadsheet
    reject_id              TEXT    NOT NULL,  -- in usage_reject
    reason                 TEXT    NOT NULL,  -- why
    amount                 TEXT,              -- empty: not even the amount could be read
    currency               TEXT,              -- ISO 4217 code
    raw                    TEXT    NOT NULL,  -- the whole row as JSON, heading → text
    CONSTRAINT cdr_reject_pk PRIMARY KEY (file_sha256, row_no)
);

-- Which usage record stands for a line, and who paid for it then; the highest number is in force.
CREATE TABLE cdr_posting (
    file_sha256    text        NOT NULL,  -- of the bytes of the file
    row_no                 INTEGER NOT NULL,  -- as a person sees it in the spreadsheet
    number                 INTEGER NOT NULL,  -- from 1
    record_id              TEXT,              -- empty: the record was voided
    customer_id            TEXT    NOT NULL,  -- who is invoiced
    sequencenumber         TEXT    NOT NULL,  -- the cost centre
    user_key               TEXT    NOT NULL,  -- the user in the application's words
    posted_at              TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT cdr_posting_pk PRIMARY KEY (file_sha256, row_no, number)
);

-- Which line does this usage record come from?
CREATE INDEX cdr_posting_by_record ON cdr_posting (record_id);

-- ---------------------------------------------------------------------------------------------------------------
-- What was calculated
-- ---------------------------------------------------------------------------------------------------------------

-- A calculation of all aggregates of a period. Its id is the hash of everything that decides the result.
CREATE TABLE billing_run (
    run_id                 TEXT    NOT NULL,  -- SHA-256
    period                 TEXT    NOT NULL,  -- YYYY-MM
    period_start           TEXT    NOT NULL,  -- included
    period_end             TEXT    NOT NULL,  -- not included
    directory              TEXT    NOT NULL,  -- SHA-256 of all customers, accounts and assignments
    mode                   TEXT    NOT NULL,  -- by_usage_time or one_per_user
    rounding               TEXT    NOT NULL,  -- half-up or half-even
    places                 INTEGER NOT NULL,  -- decimal places of an aggregate
    max_age_seconds        INTEGER NOT NULL,  -- an assignment that was last confirmed longer ago is stale
    unreadable_amounts     INTEGER NOT NULL,  -- rejects that no total can hold
    outside_period         INTEGER NOT NULL,  -- lines whose use began in another period
    after_deactivation     INTEGER NOT NULL,  -- lines of accounts that had been deactivated
    CONSTRAINT billing_run_pk PRIMARY KEY (run_id)
);

-- When a run was made; again with the same result whenever nothing had changed.
CREATE TABLE billing_run_made (
    entry_id               TEXT    NOT NULL,  -- UUIDv7: its order is the order of making
    run_id                 TEXT    NOT NULL,  -- which run
    period                 TEXT    NOT NULL,  -- YYYY-MM
    made_at                TEXT    NOT NULL,  -- when
    CONSTRAINT billing_run_made_pk PRIMARY KEY (entry_id)
);

-- The files a run counted.
CREATE TABLE billing_run_file (
    run_id                 TEXT    NOT NULL,  -- which run
    sha256         text        NOT NULL,  -- of the bytes of the file
    layout                 TEXT    NOT NULL,  -- name, version and hash of the layout
    CONSTRAINT billing_run_file_pk PRIMARY KEY (run_id, sha256)
);

-- What one user owes on one cost centre in one currency and period.
CREATE TABLE aggregate (
    run_id                 TEXT    NOT NULL,  -- which run
    customer_id            TEXT    NOT NULL,  -- who is invoiced
    sequencenumber         TEXT    NOT NULL,  -- the cost centre
    user_key               TEXT    NOT NULL,  -- the user in the application's words
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    exact                  TEXT    NOT NULL,  -- sum of the lines, unrounded
    total                  TEXT    NOT NULL,  -- exact, rounded once
    line_count             INTEGER NOT NULL,  -- lines added up
    CONSTRAINT aggregate_pk PRIMARY KEY (run_id, customer_id, sequencenumber, user_key, currency)
);

-- The proof for a run: charged + suspended = file_total, to the last digit.
CREATE TABLE billing_run_control (
    run_id                 TEXT    NOT NULL,  -- which run
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    file_total             TEXT    NOT NULL,  -- all lines and readable rejects
    charged                TEXT    NOT NULL,  -- sum of the exact aggregates
    suspended              TEXT    NOT NULL,  -- sum of the suspense
    rounded                TEXT    NOT NULL,  -- sum of the rounded aggregates
    CONSTRAINT billing_run_control_pk PRIMARY KEY (run_id, currency)
);

-- How many lines waited in suspense in a run.
CREATE TABLE billing_run_suspense (
    run_id                 TEXT    NOT NULL,  -- which run
    reason                 TEXT    NOT NULL,  -- unknown_external_id, no_customer, bad_row
    lines                  INTEGER NOT NULL,  -- how many
    CONSTRAINT billing_run_suspense_pk PRIMARY KEY (run_id, reason)
);

-- Assignments a run relied on although they had not been confirmed for too long.
CREATE TABLE billing_run_stale (
    run_id                 TEXT    NOT NULL,  -- which run
    service                TEXT    NOT NULL,  -- the bridge operator, for example pgi
    external_id            TEXT    NOT NULL,  -- the id that its CDRs carry
    number                 INTEGER NOT NULL,  -- which assignment of the account
    seen_at                TEXT    NOT NULL,  -- when it was last confirmed
    missing_since          TEXT,              -- when a login no longer carried it
    last_use               TEXT    NOT NULL,  -- start of the last line that relied on it
    line_count             INTEGER NOT NULL,  -- lines added up
    CONSTRAINT billing_run_stale_pk PRIMARY KEY (run_id, service, external_id, number)
);

-- Periods that were closed on a run, or opened again. The latest entry of a period is in force.
CREATE TABLE billing_closing (
    entry_id               TEXT    NOT NULL,  -- UUIDv7
    period                 TEXT    NOT NULL,  -- YYYY-MM
    period_start           TEXT    NOT NULL,  -- included
    period_end             TEXT    NOT NULL,  -- not included
    act                    TEXT    NOT NULL,  -- close or reopen
    at                     TEXT    NOT NULL,  -- when
    actor                  TEXT    NOT NULL,  -- who
    reason                 TEXT    NOT NULL,  -- why
    run_id                 TEXT,              -- close: the run whose aggregates are final
    CONSTRAINT billing_closing_pk PRIMARY KEY (entry_id)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Views
-- ---------------------------------------------------------------------------------------------------------------

CREATE VIEW current_customer AS
SELECT c.* FROM customer c
WHERE NOT EXISTS (SELECT 1 FROM customer later
                  WHERE later.customer_id = c.customer_id AND later.version > c.version);

CREATE VIEW current_service_account AS
SELECT a.* FROM service_account a
WHERE NOT EXISTS (SELECT 1 FROM service_account later
                  WHERE later.service = a.service AND later.external_id = a.external_id AND later.version > a.version);

-- Which cost centre pays for an account, and when. A row whose validity ends where it begins was withdrawn.
CREATE VIEW cost_centre_assignment AS
SELECT o.service, o.external_id, o.number, o.sequencenumber, o.valid_from,
       COALESCE((SELECT c.valid_to FROM cost_centre_change c
                 WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
                   AND c.kind = 'closed' ORDER BY c.change_no DESC LIMIT 1), o.valid_to) AS valid_to,  -- not included; empty: until further notice
       o.source, o.evidence,
       COALESCE((SELECT c.seen_at FROM cost_centre_change c
                 WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
                   AND c.kind = 'confirmed' ORDER BY c.change_no DESC LIMIT 1), o.seen_at) AS seen_at,  -- when it was last stated
       (SELECT c.missing_since FROM cost_centre_change c
        WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
          AND c.kind IN ('opened', 'confirmed', 'missed') ORDER BY c.change_no DESC LIMIT 1) AS missing_since  -- when a login no longer carried the value
FROM cost_centre_change o
WHERE o.kind = 'opened';

-- Lines that count: of complete files that no later file corrects.
CREATE VIEW current_cdr_line AS
SELECT b.period, l.* FROM cdr_line l
JOIN import_file f ON f.sha256 = l.file_sha256
JOIN import_begun b ON b.sha256 = l.file_sha256
WHERE NOT EXISTS (SELECT 1 FROM import_file later WHERE later.corrects = l.file_sha256);

-- What has no payer yet. A line leaves it as soon as its account and customer are known.
CREATE VIEW suspense AS
SELECT l.period, l.file_sha256, l.row_no, l.service, l.external_id, l.amount, l.currency,
       CASE WHEN a.service IS NULL THEN 'unknown_external_id' ELSE 'no_customer' END AS reason,  -- unknown_external_id, no_customer or bad_row
       l.raw
FROM current_cdr_line l
LEFT JOIN current_service_account a ON a.service = l.service AND a.external_id = l.external_id
LEFT JOIN current_customer c ON c.customer_id = a.customer_id
WHERE c.customer_id IS NULL
UNION ALL
SELECT b.period, r.file_sha256, r.row_no, NULL, NULL, r.amount, r.currency, 'bad_row', r.raw
FROM cdr_reject r
JOIN import_file f ON f.sha256 = r.file_sha256
JOIN import_begun b ON b.sha256 = r.file_sha256
WHERE NOT EXISTS (SELECT 1 FROM import_file later WHERE later.corrects = r.file_sha256);

-- Pexip Infinity: events as they came, what is known of every leg and meeting, what was published to the ledger of them,
-- the proof that nothing is missing, and the decisions of the policy server.

-- ---------------------------------------------------------------------------------------------------------------
-- Inbox: bodies that were acknowledged and wait to be read. The worker moves them to pexip_event.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_inbox (
    inbox_id       INTEGER NOT NULL,  -- the order in which they were stored
    sink           TEXT    NOT NULL,  -- event sink, as the URL names it
    received_at    TEXT    NOT NULL,  -- when it was posted
    caller_address TEXT   ,           -- network address of the sender
    body           BLOB    NOT NULL,  -- every byte as sent
    CONSTRAINT pexip_inbox_pk PRIMARY KEY (inbox_id)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Events: every message of every node, read or not, kept until retention takes it.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_event (
    event_id       INTEGER NOT NULL,  -- the order in which they were read
    sink           TEXT    NOT NULL,  -- event sink, as the URL names it
    node           TEXT    NOT NULL,  -- primary address of the sending node; empty: it names none
    seq            INTEGER,           -- the node's numbering for this sink
    event_time     TEXT   ,           -- when it happened, as the node states it
    event          TEXT    NOT NULL,  -- event name; empty: unreadable
    subject        TEXT   ,           -- uuid of the participant, or name of the conference
    received_at    TEXT    NOT NULL,  -- when it was posted
    reason         TEXT   ,           -- why it could not be processed; empty: it was
    body           BLOB    NOT NULL,  -- the whole body as posted, with the first of its events; a reject's own part
    CONSTRAINT pexip_event_pk PRIMARY KEY (event_id)
);

-- What did this node send, and when did it last send anything?
CREATE INDEX pexip_event_by_node ON pexip_event (sink, node, received_at);

-- What was said about this participant or conference?
CREATE INDEX pexip_event_by_subject ON pexip_event (subject);

-- Which events are older than we want to keep?
CREATE INDEX pexip_event_by_receipt ON pexip_event (received_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Pieces: what is known so far of each leg, of each leg's media, of each conference and of each history row without
-- events. Working state, updated in place; what counts stands in usage_record.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_piece (
    kind           TEXT    NOT NULL,  -- leg, media, conference or stray
    id             TEXT    NOT NULL,  -- uuid or name; a digest where that is very long
    state          BLOB    NOT NULL,  -- JSON
    saved_at       TEXT    NOT NULL,  -- when it last changed
    CONSTRAINT pexip_piece_pk PRIMARY KEY (kind, id)
);

-- Which pieces has nothing been said about for long?
CREATE INDEX pexip_piece_by_age ON pexip_piece (saved_at);

-- By what else a piece is found.
CREATE TABLE pexip_piece_key (
    kind           TEXT    NOT NULL,  -- kind of piece
    field          TEXT    NOT NULL,  -- related, conference, call, conversation or history
    value          TEXT    NOT NULL,  -- value of that field
    id             TEXT    NOT NULL,  -- uuid or name of the piece
    CONSTRAINT pexip_piece_key_pk PRIMARY KEY (kind, field, value, id)
);

-- Which keys does this piece have?
CREATE INDEX pexip_piece_key_by_piece ON pexip_piece_key (kind, id);

-- What changed since it was last published to the ledger.
CREATE TABLE pexip_untold (
    kind           TEXT    NOT NULL,  -- leg or conference
    id             TEXT    NOT NULL,  -- uuid or name of the piece
    name           TEXT    NOT NULL,  -- the whole uuid or name
    CONSTRAINT pexip_untold_pk PRIMARY KEY (kind, id)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Usage: which record of the ledger stands for a leg or meeting now.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_usage (
    usage_key      TEXT    NOT NULL,  -- stable key of the leg or meeting
    revision       INTEGER NOT NULL,  -- 1 for the first record
    record_id      TEXT   ,           -- the record in force; empty: withdrawn
    record         BLOB   ,           -- the same as JSON; empty: withdrawn
    service_tag    TEXT   ,           -- of a billed leg in force, for quotas
    ended_at       TEXT   ,           -- when the leg or meeting in force ended
    seconds        INTEGER,           -- of a billed leg in force
    told_at        TEXT    NOT NULL,  -- when it was last published to the ledger
    refused        TEXT   ,           -- why the ledger did not take the last change, for example a closed period
    settled        INTEGER NOT NULL,  -- true: so old that it changes no more
    CONSTRAINT pexip_usage_pk PRIMARY KEY (usage_key)
);

-- How much was used under this service tag in this period?
CREATE INDEX pexip_usage_by_tag ON pexip_usage (service_tag, ended_at) WHERE service_tag IS NOT NULL;

-- What has not changed for long?
CREATE INDEX pexip_usage_by_age ON pexip_usage (told_at) WHERE NOT settled;

-- ---------------------------------------------------------------------------------------------------------------
-- Completeness: the runs of each node's publisher and the numbers that never came.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_sequence (
    sink           TEXT    NOT NULL,  -- event sink, as the URL names it
    node           TEXT    NOT NULL,  -- primary address of the sending node
    state          BLOB    NOT NULL,  -- JSON
    CONSTRAINT pexip_sequence_pk PRIMARY KEY (sink, node)
);

-- One run of a publisher: it numbers its events from 1 when it starts.
CREATE TABLE pexip_epoch (
    source         TEXT    NOT NULL,  -- pexip:<deployment>/<sink>/<node>
    opened_at      TEXT    NOT NULL,  -- time of its first event
    highest        INTEGER NOT NULL,  -- highest number seen
    missing        INTEGER NOT NULL,  -- how many numbers are missing
    repeated       INTEGER NOT NULL,  -- of all runs of the node, shown with its last
    latest_at      TEXT    NOT NULL   -- time of the highest number
);

-- Which runs does this node have?
CREATE INDEX pexip_epoch_by_source ON pexip_epoch (source);

-- Numbers that never came, and the time between which they were sent.
CREATE TABLE pexip_hole (
    source         TEXT    NOT NULL,  -- pexip:<deployment>/<sink>/<node>
    opened_at      TEXT    NOT NULL,  -- the run they belong to
    first_number   INTEGER NOT NULL,  -- first missing number
    last_number    INTEGER NOT NULL,  -- last missing number
    after_time     TEXT   ,           -- time of the event before; empty: none came
    before_time    TEXT    NOT NULL,  -- time of the event behind
    reconciled_at  TEXT               -- when the history of that time was read; empty: not yet
);

-- Which numbers of this node are missing?
CREATE INDEX pexip_hole_by_source ON pexip_hole (source);

-- ---------------------------------------------------------------------------------------------------------------
-- Reconciliation with the platform's history.
-- ---------------------------------------------------------------------------------------------------------------

-- How far something has been read.
CREATE TABLE pexip_progress (
    name           TEXT    NOT NULL,  -- participants, conferences or events
    reached_at     TEXT   ,           -- history is read up to here
    reached_id     INTEGER,           -- events are counted up to here
    CONSTRAINT pexip_progress_pk PRIMARY KEY (name)
);

-- Rows of the history as they came, the latest state of each.
CREATE TABLE pexip_history_row (
    kind           TEXT    NOT NULL,  -- participant or conference
    row_id         TEXT    NOT NULL,  -- the platform's id; a digest where it has none
    read_at        TEXT    NOT NULL,  -- when it was last read
    reason         TEXT   ,           -- why it could not be processed; empty: it was
    body           BLOB    NOT NULL,  -- JSON
    CONSTRAINT pexip_history_row_pk PRIMARY KEY (kind, row_id)
);

-- What history said other than we had recorded.
CREATE TABLE pexip_finding (
    found_at       TEXT    NOT NULL,  -- when it was found
    row_id         TEXT    NOT NULL,  -- the platform's id of the row
    usage_key      TEXT    NOT NULL,  -- key of the leg or meeting
    verdict        TEXT    NOT NULL,  -- missing, differing or surplus
    differences    TEXT    NOT NULL   -- names of the properties, comma-separated
);

-- What was found since?
CREATE INDEX pexip_finding_by_time ON pexip_finding (found_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Policy decisions, each with its reason.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pexip_decision (
    decided_at       TEXT    NOT NULL,  -- when it was decided
    request          TEXT    NOT NULL,  -- path below policy/v1/
    service_tag      TEXT   ,  -- service tag of the request
    participant_uuid TEXT   ,  -- participant it was about
    call_uuid        TEXT   ,  -- call it was about
    refused          INTEGER NOT NULL,  -- whether the call was refused
    reason           TEXT    NOT NULL,  -- why, for people
    call_tag         TEXT   ,           -- the call tag we set; from then on it is trusted
    parameters       TEXT    NOT NULL   -- of the request, as JSON
);

-- What was decided since?
CREATE INDEX pexip_decision_by_time ON pexip_decision (decided_at);

-- Did we set this participant's call tag?
CREATE INDEX pexip_decision_by_participant ON pexip_decision (participant_uuid) WHERE call_tag IS NOT NULL;

-- Did we set this call's call tag?
CREATE INDEX pexip_decision_by_call ON pexip_decision (call_uuid) WHERE call_tag IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Views
-- ---------------------------------------------------------------------------------------------------------------

-- The billed legs that count now, their properties as columns.
CREATE VIEW pexip_leg AS
SELECT r.record_id, r.source, r.record_time AS ended_at,
       max(CASE WHEN p.name = 'serviceTag' THEN p.value END)                     AS service_tag,
       max(CASE WHEN p.name = 'callTag' THEN p.value END)                        AS call_tag,
       max(CASE WHEN p.name = 'callTagTrust' THEN p.value END)                   AS call_tag_trust,
       max(CASE WHEN p.name = 'systemLocation' THEN p.value END)                 AS location,
       max(CASE WHEN p.name = 'mediaNode' THEN p.value END)                      AS node,
       max(CASE WHEN p.name = 'conference' THEN p.value END)                     AS conference,
       max(CASE WHEN p.name = 'participantUuid' THEN p.value END)                AS participant_uuid,
       max(CASE WHEN p.name = 'protocol' THEN p.value END)                       AS protocol,
       CAST(max(CASE WHEN p.name = 'durationSeconds' THEN p.value END) AS INTEGER) AS seconds
FROM usage_current r JOIN usage_property p ON p.record_id = r.record_id
WHERE r.service = 'PEXIP_PARTICIPANT'
GROUP BY r.record_id, r.source, r.record_time;

-- How much was used under each service tag in each month?
CREATE VIEW pexip_usage_by_service_tag AS
SELECT substr(ended_at, 1, 7) AS month, source, service_tag, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3;

-- How much was used under each call tag in each month, and who vouches for the tag?
CREATE VIEW pexip_usage_by_call_tag AS
SELECT substr(ended_at, 1, 7) AS month, source, call_tag, call_tag_trust, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3, 4;

-- How much was used in each system location in each month?
CREATE VIEW pexip_usage_by_location AS
SELECT substr(ended_at, 1, 7) AS month, source, location, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3;

-- Since when has each node been silent?
CREATE VIEW pexip_node_silence AS
SELECT sink, node, count(*) AS events, max(event_time) AS last_event_at, max(received_at) AS last_received_at
FROM pexip_event WHERE node <> '' GROUP BY sink, node;

-- How far has each source come, and how much of it is missing? A node's publisher is a source.
CREATE VIEW source_completeness AS
SELECT source, epoch,
       min(1, min(number))                                           AS first_number,
       max(number)                                                     AS last_number,
       count(DISTINCT number)                                          AS seen,
       max(number) - min(1, min(number)) + 1 - count(DISTINCT number) AS missing,
       count(*) - count(DISTINCT number)                               AS repeated,
       max(seen_at)                                                    AS last_seen_at
FROM source_sequence GROUP BY source, epoch
UNION ALL
SELECT source, opened_at, 1, highest, highest - missing, missing, repeated, latest_at
FROM pexip_epoch;

-- Which numbers are missing, as spans.
CREATE VIEW source_gap AS
SELECT source, epoch, previous + 1 AS from_number, number - 1 AS to_number
FROM (SELECT source, epoch, number,
             lag(number, 1, min(0, number - 1)) OVER (PARTITION BY source, epoch ORDER BY number) AS previous
      FROM source_sequence) numbered
WHERE number > previous + 1
UNION ALL
SELECT source, opened_at, first_number, last_number
FROM pexip_hole;

-- Call Notification: who subscribed to which calls, what is known about each call, and what applications must be notified of.

-- ---------------------------------------------------------------------------------------------------------------
-- Subscriptions of applications. A stopped one is kept: its last notices may still be on their way.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_subscription (
    subscription_id TEXT    NOT NULL,   -- UUIDv7
    kind            TEXT    NOT NULL,   -- call_notification: be notified; call_direction: decide
    correlator      TEXT    NOT NULL,   -- the application's own name for it
    endpoint        TEXT    NOT NULL,   -- URL of the application
    interface_name  TEXT    NOT NULL,   -- as the application gave it
    addresses       TEXT    NOT NULL,   -- JSON list, as given
    events          TEXT    NOT NULL,   -- JSON list of Parlay X names
    callback        TEXT    NOT NULL,   -- version of the interface that the application implements
    requester       TEXT    NOT NULL,   -- who subscribed
    started_at      TEXT    NOT NULL,   -- since when it is in force
    ended_at        TEXT,               -- empty: in force
    principal TEXT,  -- the caller that authenticated, who alone may stop it
    CONSTRAINT call_subscription_pk PRIMARY KEY (subscription_id)
) WITHOUT ROWID;

-- Is this correlator in use, and by which subscription? The judge of SVC0005.
CREATE UNIQUE INDEX call_subscription_correlator_once ON call_subscription (correlator) WHERE ended_at IS NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Claims: an address and event belong to at most one subscription of a kind in force. The judge of SVC0008.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_claim (
    kind            TEXT    NOT NULL,   -- as in call_subscription
    address_key     TEXT    NOT NULL,   -- comparable form of the address
    event           TEXT    NOT NULL,   -- Parlay X name of the call event
    subscription_id TEXT    NOT NULL,   -- who holds it
    CONSTRAINT call_claim_once PRIMARY KEY (kind, address_key, event)
) WITHOUT ROWID;

-- What does a subscription that is stopped give back?
CREATE INDEX call_claim_by_subscription ON call_claim (subscription_id);

-- ---------------------------------------------------------------------------------------------------------------
-- Calls: what is known about each, from events that come in any order and more than once.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_state (
    call_id         TEXT    NOT NULL,   -- SIP Call-ID
    from_tag        TEXT    NOT NULL,   -- the caller's tag
    state           TEXT    NOT NULL,   -- JSON
    changed_at      TEXT    NOT NULL,   -- retention goes by it
    settle_at       TEXT,               -- when to stop waiting for events that are missing; empty: nothing waits
    CONSTRAINT call_state_pk PRIMARY KEY (call_id, from_tag)
) WITHOUT ROWID;

-- Which calls have waited long enough?
CREATE INDEX call_state_to_settle ON call_state (settle_at) WHERE settle_at IS NOT NULL;

-- Which calls can be forgotten?
CREATE INDEX call_state_by_change ON call_state (changed_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Notices: the outbox. Written with the state of the call, delivered at least once, kept with what became of them.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_notice (
    notice_id       TEXT    NOT NULL,   -- UUIDv7; also the global transaction id of its usage records
    subscription_id TEXT    NOT NULL,   -- whom it is for
    endpoint        TEXT    NOT NULL,   -- where it goes: applications wait only for themselves
    call_id         TEXT    NOT NULL,   -- SIP Call-ID
    from_tag        TEXT    NOT NULL,   -- the caller's tag
    position        INTEGER NOT NULL,   -- place among the notices of its call: earlier ones are delivered first
    event           TEXT    NOT NULL,   -- Parlay X name of the call event
    leg             INTEGER NOT NULL,   -- 1, and one more for each Route after a failure
    caller          TEXT    NOT NULL,   -- URI of the caller
    called          TEXT    NOT NULL,   -- URI of the called party, as dialled
    happened_at     TEXT    NOT NULL,   -- at the proxy
    state           TEXT    NOT NULL,   -- waiting, sent, failed (a dead letter, until it is replayed)
    round           INTEGER NOT NULL,   -- 1, and one more for each replay
    attempts        INTEGER NOT NULL,   -- in this round
    due_at          TEXT    NOT NULL,   -- not before; while it is being delivered, when other workers may take over
    first_sent_at   TEXT,               -- when the first attempt of this round began
    last_error      TEXT,               -- why the last attempt failed
    settled_at      TEXT,               -- when it was sent or given up
    CONSTRAINT call_notice_pk PRIMARY KEY (notice_id),
    CONSTRAINT call_notice_once UNIQUE (subscription_id, call_id, from_tag, event, leg),
    CONSTRAINT call_notice_state CHECK (state IN ('waiting', 'sent', 'failed'))
) WITHOUT ROWID;

-- What is to be delivered to an application now?
CREATE INDEX call_notice_due ON call_notice (endpoint, due_at) WHERE state = 'waiting';

-- Must another notice of the same call go first?
CREATE INDEX call_notice_in_order ON call_notice (subscription_id, call_id, from_tag, position) WHERE state = 'waiting';

-- Which ones were given up?
CREATE INDEX call_notice_dead ON call_notice (settled_at) WHERE state = 'failed';

-- ---------------------------------------------------------------------------------------------------------------
-- Which migration the schema is at; the service refuses to start on any other.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,  -- number of the last migration
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('0007');
