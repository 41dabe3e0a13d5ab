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
