-- The whole schema of the usage service on SQLite, as it is after every migration: read it here, or apply it to an
-- empty file instead of `usage-service db init`:
--
--     sqlite3 usage.db < sql/sqlite/schema.sql
--
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

-- ---------------------------------------------------------------------------------------------------------------
-- Once-only keys: a caller's key names one record for ever, so that a retry cannot store it again. Written in the
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

-- How complete each source is: numbers seen, missing and repeated, and when the last one came.
CREATE VIEW source_completeness AS
SELECT source, epoch,
       min(1, min(number))                                           AS first_number,
       max(number)                                                   AS last_number,
       count(DISTINCT number)                                        AS seen,
       max(number) - min(1, min(number)) + 1 - count(DISTINCT number) AS missing,
       count(*) - count(DISTINCT number)                             AS repeated,
       max(seen_at)                                                  AS last_seen_at
FROM source_sequence GROUP BY source, epoch;

-- Which numbers are missing, as spans.
CREATE VIEW source_gap AS
SELECT source, epoch, previous + 1 AS from_number, number - 1 AS to_number
FROM (SELECT source, epoch, number,
             lag(number, 1, min(0, number - 1)) OVER (PARTITION BY source, epoch ORDER BY number) AS previous
      FROM source_sequence) numbered
WHERE number > previous + 1;

-- ---------------------------------------------------------------------------------------------------------------
-- Subscriptions of applications. A stopped one is kept: its last notices may still be on their way.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_subscription (
    subscription_id TEXT    NOT NULL,   -- UUIDv7
    kind            TEXT    NOT NULL,   -- call_notification: be told; call_direction: decide
    correlator      TEXT    NOT NULL,   -- the application's own name for it
    endpoint        TEXT    NOT NULL,   -- URL of the application
    interface_name  TEXT    NOT NULL,   -- as the application gave it
    addresses       TEXT    NOT NULL,   -- JSON list, as given
    events          TEXT    NOT NULL,   -- JSON list of Parlay X names
    callback        TEXT    NOT NULL,   -- version of the interface that the application implements
    requester       TEXT    NOT NULL,   -- who subscribed
    started_at      TEXT    NOT NULL,   -- since when it is in force
    ended_at        TEXT,               -- empty: in force
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
    due_at          TEXT    NOT NULL,   -- not before; while somebody delivers it, when others may take over
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
INSERT INTO alembic_version (version_num) VALUES ('0006');
