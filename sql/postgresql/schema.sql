-- The whole schema of the usage service on PostgreSQL, as it is after every migration: read it here, or apply it to an
-- empty database instead of `usage-service db init`:
--
--     psql -v ON_ERROR_STOP=1 --single-transaction -f sql/postgresql/schema.sql usage
--
-- The database's encoding must be UTF8.

-- ---------------------------------------------------------------------------------------------------------------
-- Common event data: one row for each recording point that a service reached.
-- No foreign keys: a record and its properties are written in one transaction and never updated, and checking the
-- key would cost more than the rows themselves.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_record (
    record_id             uuid        NOT NULL,  -- UUIDv7, issued by the service: its order is the order of receipt
    received_at           timestamptz NOT NULL,  -- when the service took the record in
    record_time           timestamptz NOT NULL,  -- when the recording point was reached, as the caller states it
    code                  integer     NOT NULL,  -- status: 0 success, 1 general failure, 2 privacy; others by service
    global_transaction_id text        NOT NULL,  -- Web-service transaction; several records may share it
    service               text        NOT NULL,  -- service implementation that wrote the record
    event_type            text        NOT NULL,  -- recording point inside that service
    host                  text        NOT NULL,  -- host that wrote the record: the usage service's own name
    source                text        NOT NULL,  -- edge or foreign system it came through, for example soap
    requester             text,                  -- who asked for the service, from the header or the attributes
    principal             text,                  -- who authenticated to the usage service
    caller_address        text,                  -- network address of the writer
    header_transaction_id text,                  -- twssHeaders/globalTransactionID where it differs from the body's
    header_service_id     text,                  -- twssHeaders/serviceID
    remarks               text,                  -- what was unusual, comma-separated, for example unknown_service
    CONSTRAINT usage_record_pk PRIMARY KEY (record_id)
);

-- Which records belong to this transaction? Transaction ids are random and only ever compared for equality; a hash
-- index takes them at a third of what a B-tree costs.
CREATE INDEX usage_record_by_transaction ON usage_record USING hash (global_transaction_id);

-- What happened between these two times?
CREATE INDEX usage_record_by_time ON usage_record (record_time);

-- ---------------------------------------------------------------------------------------------------------------
-- Service-specific attributes: as many rows for each record as it has attributes.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_property (
    record_id uuid     NOT NULL,  -- the record it belongs to
    position  smallint NOT NULL,  -- 0, 1, 2 … in the caller's order; a name may repeat
    name      text     NOT NULL,  -- name of the attribute, as sent
    value     text     NOT NULL,  -- every character as sent; may be empty
    CONSTRAINT usage_property_pk PRIMARY KEY (record_id, position)
);

-- ---------------------------------------------------------------------------------------------------------------
-- How the view USAGERECORDS packs the properties. Exactly one row; a DBA may change it.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE servicedata_format (
    only_row    boolean NOT NULL DEFAULT true,       -- keeps this table at one row
    escaping    text    NOT NULL DEFAULT 'minimal',  -- minimal: % ; CR LF (and = in names) as %XX; raw: unchanged
    limit_bytes integer NOT NULL DEFAULT 4000,       -- longest SERVICEDATA of one row, in UTF-8 bytes
    CONSTRAINT servicedata_format_pk PRIMARY KEY (only_row),
    CONSTRAINT servicedata_format_one_row CHECK (only_row),
    CONSTRAINT servicedata_format_escaping CHECK (escaping IN ('minimal', 'raw')),
    CONSTRAINT servicedata_format_limit CHECK (limit_bytes >= 4)
);
INSERT INTO servicedata_format DEFAULT VALUES;

-- One property as it stands in SERVICEDATA.
CREATE FUNCTION servicedata_pair(name text, value text, escaping text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN escaping = 'raw' THEN name || '=' || value
    ELSE replace(replace(replace(replace(replace(name, '%', '%25'), ';', '%3B'), E'\r', '%0D'), E'\n', '%0A'), '=', '%3D')
         || '=' ||
         replace(replace(replace(replace(value, '%', '%25'), ';', '%3B'), E'\r', '%0D'), E'\n', '%0A')
    END
$$;

-- The properties of one record as `name=value;name=value`, cut into segments that fit a row. Cuts fall between
-- pairs, the `;` stays with the earlier segment; only a pair longer than a whole row is cut, between characters.
CREATE FUNCTION servicedata_segments(record uuid) RETURNS TABLE (segment integer, servicedata text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    format servicedata_format;
    pair   text;
    fits   integer;
BEGIN
    SELECT * INTO format FROM servicedata_format;
    segment := 0;
    servicedata := '';
    FOR pair IN
        SELECT servicedata_pair(p.name, p.value, format.escaping)
               || CASE WHEN lead(p.position) OVER (ORDER BY p.position) IS NULL THEN '' ELSE ';' END
        FROM usage_property p WHERE p.record_id = record ORDER BY p.position
    LOOP
        IF servicedata <> '' AND octet_length(servicedata) + octet_length(pair) > format.limit_bytes THEN
            RETURN NEXT;
            segment := segment + 1;
            servicedata := '';
        END IF;
        WHILE octet_length(pair) > format.limit_bytes LOOP
            fits := format.limit_bytes;
            WHILE get_byte(convert_to(pair, 'UTF8'), fits) BETWEEN 128 AND 191 LOOP
                fits := fits - 1;
            END LOOP;
            servicedata := convert_from(substring(convert_to(pair, 'UTF8') FROM 1 FOR fits), 'UTF8');
            RETURN NEXT;
            segment := segment + 1;
            servicedata := '';
            pair := convert_from(substring(convert_to(pair, 'UTF8') FROM fits + 1), 'UTF8');
        END LOOP;
        servicedata := servicedata || pair;
    END LOOP;
    RETURN NEXT;
END
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- USAGERECORDS: the nine columns of the old platform's table, so that an existing mediator's SQL still works.
-- RECORDTIME is in UTC; RECORDTIME_MS gives the same instant in milliseconds since 1970.
-- ---------------------------------------------------------------------------------------------------------------
CREATE VIEW usagerecords AS
SELECT r.record_id::varchar(127)                                    AS recordid,  -- unique record identifier
       s.segment                                                    AS segment,  -- number of the row within its record; above 0 where SERVICEDATA overflows
       r.global_transaction_id::varchar(127)                        AS globalid,  -- Web-service transaction
       r.service::varchar(127)                                      AS service,  -- service implementation that wrote the record
       r.host::varchar(250)                                         AS host,  -- host that wrote the record
       r.event_type::varchar(250)                                   AS eventtype,  -- recording point: the operation performed
       (r.record_time AT TIME ZONE 'UTC')::timestamp(3)             AS recordtime,  -- when the recording point was reached, in UTC
       r.code                                                       AS statuscode,  -- status, in the service's own list
       s.servicedata                                                AS servicedata,  -- name=value;name=value, packed as servicedata_format says
       floor(extract(epoch FROM r.record_time) * 1000)::bigint      AS recordtime_ms  -- the same instant as recordtime, in milliseconds since 1970
FROM usage_record r CROSS JOIN LATERAL servicedata_segments(r.record_id) s;

-- ---------------------------------------------------------------------------------------------------------------
-- Once-only keys: a caller's key names one record for ever, so that a retry cannot store it again. Written in the
-- same transaction as the record; the primary key is the judge. Kept as long as callers may still retry.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE once_key (
    service        text COLLATE "C" NOT NULL,  -- keys of different services do not meet
    key            text COLLATE "C" NOT NULL,  -- wsa:… a WS-Addressing message id, key:… the caller's own, hash:… of the content
    record_id      uuid             NOT NULL,  -- the record the key stands for
    content_digest text COLLATE "C" NOT NULL,  -- BLAKE2 of the record: the same key with another content is refused
    used_at        timestamptz      NOT NULL,  -- when it was first used; retention goes by it
    CONSTRAINT once_key_used_once PRIMARY KEY (service, key)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Adjustments: a record is voided, or replaced by a corrected one. A record can be adjusted once; what corrects it
-- can be adjusted again, so that the history of a record is a chain.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_adjustment (
    record_id      uuid        NOT NULL,  -- the record that no longer counts
    replacement_id uuid,                  -- the record that counts instead; empty for a void
    adjusted_at    timestamptz NOT NULL,  -- when it was adjusted
    actor          text        NOT NULL,  -- who did it
    reason_code    text        NOT NULL,  -- why, for programs
    reason         text        NOT NULL,  -- why, for people
    CONSTRAINT usage_adjustment_once PRIMARY KEY (record_id)
);

-- Which record does this one replace?
CREATE UNIQUE INDEX usage_adjustment_by_replacement ON usage_adjustment (replacement_id) WHERE replacement_id IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Periods: closing one forbids to void or correct what happened in it. The latest entry for a span is in force.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_period (
    entry_id    uuid        NOT NULL,  -- UUIDv7: its order is the order of entry
    service     text        NOT NULL,  -- the service whose records it covers; empty: of every service
    starts_at   timestamptz NOT NULL,  -- record times from here …
    ends_at     timestamptz NOT NULL,  -- … to before here
    closed      boolean     NOT NULL,  -- true: closed, false: opened again
    entered_at  timestamptz NOT NULL,  -- for a closed period: the instant its figures are as of
    actor       text        NOT NULL,  -- who closed or opened it
    reason      text        NOT NULL,  -- why, for people
    CONSTRAINT usage_period_pk PRIMARY KEY (entry_id),
    CONSTRAINT usage_period_span CHECK (starts_at < ends_at)
);

-- ---------------------------------------------------------------------------------------------------------------
-- Sequence numbers: where a source counts what it sends, holes prove a loss. Numbers start at 1 in each epoch.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE source_sequence (
    source    text COLLATE "C" NOT NULL,  -- who counts
    epoch     text COLLATE "C" NOT NULL,  -- which count: a source that restarts begins a new one
    number    bigint           NOT NULL,  -- the source's own number for the message
    seen_at   timestamptz      NOT NULL,  -- when it arrived
    record_id uuid                        -- the record that carried the number, if it was a record
);

-- Which numbers of this source are there?
CREATE INDEX source_sequence_by_number ON source_sequence (source, epoch, number);

-- ---------------------------------------------------------------------------------------------------------------
-- Rejects: what could not become a record, with its bytes, so that it can be put right and replayed.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE usage_reject (
    reject_id      uuid        NOT NULL,  -- UUIDv7: its order is the order of arrival
    rejected_at    timestamptz NOT NULL,  -- when it was refused
    source         text        NOT NULL,  -- edge or foreign system it came from
    message_id     text        NOT NULL,  -- which kind of mistake, for example UREC0001E
    field          text,                  -- the field at fault
    reason         text        NOT NULL,  -- what is wrong, for people
    content_type   text,                  -- content type the caller stated
    caller_address text,                  -- network address of the caller
    principal      text,                  -- who authenticated to the usage service
    body_bytes     integer     NOT NULL,  -- length of the whole body
    body           bytea       NOT NULL,  -- the body, cut at the configured length
    CONSTRAINT usage_reject_pk PRIMARY KEY (reject_id)
);

-- What became of a reject when it was tried again.
CREATE TABLE usage_reject_replay (
    reject_id   uuid        NOT NULL,  -- the reject that was tried again
    replayed_at timestamptz NOT NULL,  -- when it was tried again
    actor       text        NOT NULL,  -- who tried it again
    record_id   uuid,                  -- the record it became; empty when it was refused again
    reason      text                   -- why it was refused again
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

-- What counted at an instant, for example at the closing of a period.
CREATE FUNCTION usage_as_of(instant timestamptz) RETURNS SETOF usage_record
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT r.* FROM usage_record r
    WHERE r.received_at <= instant
      AND NOT EXISTS (SELECT 1 FROM usage_adjustment a WHERE a.record_id = r.record_id AND a.adjusted_at <= instant)
$$;

-- Which periods are closed now.
CREATE VIEW closed_period AS
SELECT service, starts_at, ends_at, entered_at AS closed_at, actor, reason
FROM (SELECT DISTINCT ON (service, starts_at, ends_at) * FROM usage_period
      ORDER BY service, starts_at, ends_at, entry_id DESC) latest
WHERE closed;

-- Usage that arrived after its period was closed.
CREATE VIEW usage_late AS
SELECT r.*, p.closed_at FROM usage_record r
JOIN closed_period p ON p.service IN ('', r.service)
                    AND r.record_time >= p.starts_at AND r.record_time < p.ends_at AND r.received_at > p.closed_at;

-- How complete each source is: numbers seen, missing and repeated, and when the last one came.
CREATE VIEW source_completeness AS
SELECT source, epoch,
       least(1, min(number))                                           AS first_number,
       max(number)                                                     AS last_number,
       count(DISTINCT number)                                          AS seen,
       max(number) - least(1, min(number)) + 1 - count(DISTINCT number) AS missing,
       count(*) - count(DISTINCT number)                               AS repeated,
       max(seen_at)                                                    AS last_seen_at
FROM source_sequence GROUP BY source, epoch;

-- Which numbers are missing, as spans.
CREATE VIEW source_gap AS
SELECT source, epoch, previous + 1 AS from_number, number - 1 AS to_number
FROM (SELECT source, epoch, number,
             lag(number, 1, least(0::bigint, number - 1)) OVER (PARTITION BY source, epoch ORDER BY number) AS previous
      FROM source_sequence) numbered
WHERE number > previous + 1;

-- ---------------------------------------------------------------------------------------------------------------
-- Subscriptions of applications. A stopped one is kept: its last notices may still be on their way.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_subscription (
    subscription_id uuid    NOT NULL,   -- UUIDv7
    kind            TEXT    NOT NULL,   -- call_notification: be told; call_direction: decide
    correlator      TEXT    NOT NULL,   -- the application's own name for it
    endpoint        TEXT    NOT NULL,   -- URL of the application
    interface_name  TEXT    NOT NULL,   -- as the application gave it
    addresses       TEXT    NOT NULL,   -- JSON list, as given
    events          TEXT    NOT NULL,   -- JSON list of Parlay X names
    callback        TEXT    NOT NULL,   -- version of the interface that the application implements
    requester       TEXT    NOT NULL,   -- who subscribed
    started_at      timestamptz NOT NULL,-- since when it is in force
    ended_at        timestamptz,               -- empty: in force
    CONSTRAINT call_subscription_pk PRIMARY KEY (subscription_id)
);

-- Is this correlator in use, and by which subscription? The judge of SVC0005.
CREATE UNIQUE INDEX call_subscription_correlator_once ON call_subscription (correlator) WHERE ended_at IS NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Claims: an address and event belong to at most one subscription of a kind in force. The judge of SVC0008.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_claim (
    kind            TEXT    NOT NULL,   -- as in call_subscription
    address_key     TEXT    NOT NULL,   -- comparable form of the address
    event           TEXT    NOT NULL,   -- Parlay X name of the call event
    subscription_id uuid    NOT NULL,   -- who holds it
    CONSTRAINT call_claim_once PRIMARY KEY (kind, address_key, event)
);

-- What does a subscription that is stopped give back?
CREATE INDEX call_claim_by_subscription ON call_claim (subscription_id);

-- ---------------------------------------------------------------------------------------------------------------
-- Calls: what is known about each, from events that come in any order and more than once.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_state (
    call_id         TEXT    NOT NULL,   -- SIP Call-ID
    from_tag        TEXT    NOT NULL,   -- the caller's tag
    state           TEXT    NOT NULL,   -- JSON
    changed_at      timestamptz NOT NULL,   -- retention goes by it
    settle_at       timestamptz,               -- when to stop waiting for events that are missing; empty: nothing waits
    CONSTRAINT call_state_pk PRIMARY KEY (call_id, from_tag)
);

-- Which calls have waited long enough?
CREATE INDEX call_state_to_settle ON call_state (settle_at) WHERE settle_at IS NOT NULL;

-- Which calls can be forgotten?
CREATE INDEX call_state_by_change ON call_state (changed_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Notices: the outbox. Written with the state of the call, delivered at least once, kept with what became of them.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE call_notice (
    notice_id       uuid    NOT NULL,   -- UUIDv7; also the global transaction id of its usage records
    subscription_id uuid    NOT NULL,   -- whom it is for
    endpoint        TEXT    NOT NULL,   -- where it goes: applications wait only for themselves
    call_id         TEXT    NOT NULL,   -- SIP Call-ID
    from_tag        TEXT    NOT NULL,   -- the caller's tag
    position        INTEGER NOT NULL,   -- place among the notices of its call: earlier ones are delivered first
    event           TEXT    NOT NULL,   -- Parlay X name of the call event
    leg             INTEGER NOT NULL,   -- 1, and one more for each Route after a failure
    caller          TEXT    NOT NULL,   -- URI of the caller
    called          TEXT    NOT NULL,   -- URI of the called party, as dialled
    happened_at     timestamptz NOT NULL,   -- at the proxy
    state           TEXT    NOT NULL,   -- waiting, sent, failed (a dead letter, until it is replayed)
    round           INTEGER NOT NULL,   -- 1, and one more for each replay
    attempts        INTEGER NOT NULL,   -- in this round
    due_at          timestamptz NOT NULL,   -- not before; while somebody delivers it, when others may take over
    first_sent_at   timestamptz,               -- when the first attempt of this round began
    last_error      TEXT,               -- why the last attempt failed
    settled_at      timestamptz,               -- when it was sent or given up
    CONSTRAINT call_notice_pk PRIMARY KEY (notice_id),
    CONSTRAINT call_notice_once UNIQUE (subscription_id, call_id, from_tag, event, leg),
    CONSTRAINT call_notice_state CHECK (state IN ('waiting', 'sent', 'failed'))
);

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
