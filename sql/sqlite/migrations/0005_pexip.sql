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

-- The proof of completeness counts the nodes' publishers too.
DROP VIEW source_completeness;

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

DROP VIEW source_gap;

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
