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
