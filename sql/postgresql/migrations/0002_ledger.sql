-- The ledger: idempotency keys, corrections with history, closed periods, completeness per source, kept rejects.
-- Nothing here is ever updated, and nothing deleted except by retention.

-- ---------------------------------------------------------------------------------------------------------------
-- Idempotency keys: a caller's key names one record for ever, so that a retry cannot store it again. Written in the
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
