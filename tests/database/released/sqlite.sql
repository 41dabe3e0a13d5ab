BEGIN TRANSACTION;
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
INSERT INTO "aggregate" VALUES('3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','KTH','20','anna','SEK','150.15','150.15',2);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
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
INSERT INTO "billing_run" VALUES('3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','2012-10','2012-10-01 00:00:00.000','2012-11-01 00:00:00.000','227313b110a2a27add420efc95abdf3ba9e90261dc12e2d02fa5a7264794748d','by_usage_time','half-up',2,7776000,0,0,0);
CREATE TABLE billing_run_control (
    run_id                 TEXT    NOT NULL,  -- which run
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    file_total             TEXT    NOT NULL,  -- all lines and readable rejects
    charged                TEXT    NOT NULL,  -- sum of the exact aggregates
    suspended              TEXT    NOT NULL,  -- sum of the suspense
    rounded                TEXT    NOT NULL,  -- sum of the rounded aggregates
    CONSTRAINT billing_run_control_pk PRIMARY KEY (run_id, currency)
);
INSERT INTO "billing_run_control" VALUES('3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','SEK','155.15','150.15','5.00','150.15');
CREATE TABLE billing_run_file (
    run_id                 TEXT    NOT NULL,  -- which run
    sha256         text        NOT NULL,  -- of the bytes of the file
    layout                 TEXT    NOT NULL,  -- name, version and hash of the layout
    CONSTRAINT billing_run_file_pk PRIMARY KEY (run_id, sha256)
);
INSERT INTO "billing_run_file" VALUES('3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070','pgi/1+96d32b310d9e');
CREATE TABLE billing_run_made (
    entry_id               TEXT    NOT NULL,  -- UUIDv7: its order is the order of making
    run_id                 TEXT    NOT NULL,  -- which run
    period                 TEXT    NOT NULL,  -- YYYY-MM
    made_at                TEXT    NOT NULL,  -- when
    CONSTRAINT billing_run_made_pk PRIMARY KEY (entry_id)
);
INSERT INTO "billing_run_made" VALUES('01a21ca0-9f11-7035-9192-0dc43fbd857b','3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','2012-10','2026-11-27 10:50:18.243');
INSERT INTO "billing_run_made" VALUES('01a21ca0-a4e1-7087-bb21-285ad0ad7643','3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','2012-10','2026-11-27 10:50:19.732');
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
CREATE TABLE billing_run_suspense (
    run_id                 TEXT    NOT NULL,  -- which run
    reason                 TEXT    NOT NULL,  -- unknown_external_id, no_customer, bad_row
    lines                  INTEGER NOT NULL,  -- how many
    CONSTRAINT billing_run_suspense_pk PRIMARY KEY (run_id, reason)
);
INSERT INTO "billing_run_suspense" VALUES('3ebd32841873be2d9f48603d6c98a97f876ed741c428a0428385d63f3e2a325e','unknown_external_id',1);
CREATE TABLE call_claim (
    kind            TEXT    NOT NULL,   -- as in call_subscription
    address_key     TEXT    NOT NULL,   -- comparable form of the address
    event           TEXT    NOT NULL,   -- Parlay X name of the call event
    subscription_id TEXT    NOT NULL,   -- who holds it
    CONSTRAINT call_claim_once PRIMARY KEY (kind, address_key, event)
) WITHOUT ROWID;
INSERT INTO "call_claim" VALUES('call_notification','tel:+4681','Answer','01a21ca0-a63c-7340-a7e7-a36801fa50fe');
INSERT INTO "call_claim" VALUES('call_notification','tel:+4681','Busy','01a21ca0-a63c-7340-a7e7-a36801fa50fe');
INSERT INTO "call_claim" VALUES('call_notification','tel:+4681','CalledNumber','01a21ca0-a63c-7340-a7e7-a36801fa50fe');
INSERT INTO "call_claim" VALUES('call_notification','tel:+4681','NoAnswer','01a21ca0-a63c-7340-a7e7-a36801fa50fe');
INSERT INTO "call_claim" VALUES('call_notification','tel:+4681','NotReachable','01a21ca0-a63c-7340-a7e7-a36801fa50fe');
INSERT INTO "call_claim" VALUES('call_direction','tel:+4682','Busy','01a21ca0-a64c-70af-8bed-230033a65dd4');
INSERT INTO "call_claim" VALUES('call_direction','tel:+4682','CalledNumber','01a21ca0-a64c-70af-8bed-230033a65dd4');
INSERT INTO "call_claim" VALUES('call_direction','tel:+4682','NoAnswer','01a21ca0-a64c-70af-8bed-230033a65dd4');
INSERT INTO "call_claim" VALUES('call_direction','tel:+4682','NotReachable','01a21ca0-a64c-70af-8bed-230033a65dd4');
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
INSERT INTO "call_notice" VALUES('01a21ca0-a656-719d-82aa-f232c9135a14','01a21ca0-a63c-7340-a7e7-a36801fa50fe','http://127.0.0.1:9/notified','old-call','31538a1',0,'CalledNumber',1,'tel:+4681111','tel:+4681','2026-11-20 23:20:43.376','failed',1,1,'2026-11-27 10:50:20.143','2026-11-27 10:50:20.122','the application cannot be reached: ConnectionError','2026-11-27 10:50:20.143');
INSERT INTO "call_notice" VALUES('01a21ca0-a660-7646-861a-79b14d87be42','01a21ca0-a63c-7340-a7e7-a36801fa50fe','http://127.0.0.1:9/notified','old-call','31538a1',1,'Busy',1,'tel:+4681111','tel:+4681','2026-11-20 23:20:43.376','failed',1,1,'2026-11-27 10:50:20.149','2026-11-27 10:50:20.145','the application cannot be reached: ConnectionError','2026-11-27 10:50:20.149');
CREATE TABLE call_state (
    call_id         TEXT    NOT NULL,   -- SIP Call-ID
    from_tag        TEXT    NOT NULL,   -- the caller's tag
    state           TEXT    NOT NULL,   -- JSON
    changed_at      TEXT    NOT NULL,   -- retention goes by it
    settle_at       TEXT,               -- when to stop waiting for events that are missing; empty: nothing waits
    CONSTRAINT call_state_pk PRIMARY KEY (call_id, from_tag)
) WITHOUT ROWID;
INSERT INTO "call_state" VALUES('old-call','31538a1','{"caller": "tel:+4681111", "called": "tel:+4681", "invited": "2026-11-20T23:20:43.376635+00:00", "outcomes": {"1": ["Busy", "2026-11-20T23:20:43.376635+00:00"]}, "disconnected": null, "given": 2, "settled": false}','2026-11-27 10:50:20.126',NULL);
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
INSERT INTO "call_subscription" VALUES('01a21ca0-a63c-7340-a7e7-a36801fa50fe','call_notification','old-CallNotification','http://127.0.0.1:9/notified','CallNotification','["tel:+4681"]','["Answer", "Busy", "CalledNumber", "NoAnswer", "NotReachable"]','v3_2','anonymous','2026-11-27 10:50:20.092',NULL);
INSERT INTO "call_subscription" VALUES('01a21ca0-a64c-70af-8bed-230033a65dd4','call_direction','old-CallDirection','http://127.0.0.1:9/notified','CallDirection','["tel:+4682"]','["Busy", "CalledNumber", "NoAnswer", "NotReachable"]','v3_2','anonymous','2026-11-27 10:50:20.107',NULL);
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
INSERT INTO "cdr_line" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070',2,'ae1b5f48084039b796ad0af893378b41553179c032bb038f9a2bf5f450de952a','pgi','0012345','2012-10-04 22:00:00.000',NULL,'100.10','SEK','C1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"Client ID": "0012345", "Date": "2012-10-05", "Amount": "100.10", "Conf ID": "C1"}','[]');
INSERT INTO "cdr_line" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070',3,'0819381f9e94e1d1800002bc9e43cfff7db90b4cd2a1cbddad0bc8997edbb807','pgi','0012345','2012-10-19 22:00:00.000',NULL,'50.05','SEK','C2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"Client ID": "0012345", "Date": "2012-10-20", "Amount": "50.05", "Conf ID": "C2"}','[]');
INSERT INTO "cdr_line" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070',4,'2c0a51bbd5a04fbbac3ea7ef0efd6abf710a534ca830823bfa9c25f96c51aea8','pgi','999','2012-10-07 22:00:00.000',NULL,'5.00','SEK','C4',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"Client ID": "999", "Date": "2012-10-08", "Amount": "5.00", "Conf ID": "C4"}','[]');
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
INSERT INTO "cdr_posting" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070',2,1,'01a21ca0-9f0b-7058-97b5-05f89dc9239e','KTH','20','anna','2026-11-27 10:50:18.243');
INSERT INTO "cdr_posting" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070',3,1,'01a21ca0-9f0b-7058-97b5-05f89dc9239f','KTH','20','anna','2026-11-27 10:50:18.243');
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
    evidence               TEXT,              -- opened: what somebody can check later
    seen_at                TEXT,              -- opened, confirmed: when somebody last said so
    missing_since          TEXT,              -- missed: when a login no longer carried the value
    actor                  TEXT,              -- backdated: who forced it
    reason                 TEXT,              -- backdated: why
    recorded_at            TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT cost_centre_change_pk PRIMARY KEY (service, external_id, change_no),
    CONSTRAINT cost_centre_change_kind CHECK (kind IN ('opened', 'closed', 'confirmed', 'missed', 'backdated'))
);
INSERT INTO "cost_centre_change" VALUES('pgi','0012345',1,'backdated',NULL,NULL,'2012-10-01 00:00:00.000',NULL,NULL,NULL,NULL,NULL,'a','r','2026-11-27 10:50:16.796');
INSERT INTO "cost_centre_change" VALUES('pgi','0012345',2,'opened',1,'20','2012-10-01 00:00:00.000',NULL,'manual','command line','2026-11-27 10:50:16.794',NULL,NULL,NULL,'2026-11-27 10:50:16.796');
CREATE TABLE customer (
    customer_id            TEXT    NOT NULL,  -- who is invoiced
    version                INTEGER NOT NULL,  -- from 1
    default_sequencenumber TEXT    NOT NULL,  -- the cost centre that takes what nobody assigned
    currency               TEXT    NOT NULL,  -- ISO 4217
    entity_ids             TEXT    NOT NULL,  -- JSON list: SAML entity ids of its identity providers
    scopes                 TEXT    NOT NULL,  -- JSON list: what stands behind the @ of its users' names
    recorded_at            TEXT    NOT NULL,  -- when it was entered here
    CONSTRAINT customer_pk PRIMARY KEY (customer_id, version)
);
INSERT INTO "customer" VALUES('KTH',1,'10','SEK','[]','[]','2026-11-27 10:50:13.994');
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
CREATE TABLE genesys_call (
    call_uuid           TEXT    NOT NULL,  -- CallUUID: identity of the call on its server
    server              TEXT    NOT NULL,  -- T-Server or SIP Server; empty where nobody named it
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
INSERT INTO "genesys_call" VALUES('00RP30KH7088L1IC08GB82LAES000317','','',358182,'2012-10-29 14:41:00.540480',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1);
INSERT INTO "genesys_call" VALUES('00RP30KH7088L1IC08GB82LAES00031D','','',358236,'2012-10-29 14:41:02.967460',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1);
INSERT INTO "genesys_call" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185464,'2012-10-29 14:41:00.495558',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1);
CREATE TABLE genesys_conn_id (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    conn_id             TEXT    NOT NULL,  -- 16 hexadecimal digits
    CONSTRAINT genesys_conn_id_pk PRIMARY KEY (call_uuid, server, conn_id)
) WITHOUT ROWID;
INSERT INTO "genesys_conn_id" VALUES('00RP30KH7088L1IC08GB82LAES000317','','009a021843038407');
INSERT INTO "genesys_conn_id" VALUES('00RP30KH7088L1IC08GB82LAES00031D','','009a021843038407');
INSERT INTO "genesys_conn_id" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','009a021843038407');
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
INSERT INTO "genesys_interaction" VALUES('00RP30KH7088L1IC08GB82LAES000317','2012-10-29 14:41:00.540480',0,3,0,'1970-01-01 00:00:00.000000',NULL);
CREATE TABLE genesys_interaction_call (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server, as in genesys_call
    interaction_id      TEXT    NOT NULL,  -- the interaction
    position            INTEGER NOT NULL,  -- 0, 1, 2 … from the first call to the last
    server_name         TEXT    NOT NULL,  -- name of the server; where nobody gave it, what the other side of a link calls it
    inferred            INTEGER NOT NULL,  -- true: the name was concluded from the other side
    CONSTRAINT genesys_interaction_call_pk PRIMARY KEY (call_uuid, server)
) WITHOUT ROWID;
INSERT INTO "genesys_interaction_call" VALUES('00RP30KH7088L1IC08GB82LAES000317','','00RP30KH7088L1IC08GB82LAES000317',0,'Tserver2',1);
INSERT INTO "genesys_interaction_call" VALUES('00RP30KH7088L1IC08GB82LAES00031D','','00RP30KH7088L1IC08GB82LAES000317',2,'Tserver2',1);
INSERT INTO "genesys_interaction_call" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','00RP30KH7088L1IC08GB82LAES000317',1,'SIPServer1',1);
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
INSERT INTO "genesys_link_history" VALUES('00EBGH4GK488LFQD2CGB02LAES0007J5',0,'added','01AE904GK088LFQD2CGB02LAES0000EP','',185539,'2012-10-29 14:41:03.546558');
INSERT INTO "genesys_link_history" VALUES('00EBGH4GK488LFQD2CGB02LAES0007J5',1,'added','00RP30KH7088L1IC08GB82LAES00031D','',358236,'2012-10-29 14:41:02.967460');
INSERT INTO "genesys_link_history" VALUES('00RP30KH7088L1IC08GB82LAES000316',0,'added','00RP30KH7088L1IC08GB82LAES000317','',358182,'2012-10-29 14:41:00.540480');
INSERT INTO "genesys_link_history" VALUES('00RP30KH7088L1IC08GB82LAES000316',1,'added','01AE904GK088LFQD2CGB02LAES0000EP','',185464,'2012-10-29 14:41:00.495558');
CREATE TABLE genesys_link_list (
    call_uuid           TEXT    NOT NULL,  -- the call …
    server              TEXT    NOT NULL,  -- … and its server
    session             TEXT    NOT NULL,  -- the event: process
    number              INTEGER NOT NULL,  -- the event: EventSequenceNumber
    listed_at           TEXT    NOT NULL,  -- the event: time
    complete            INTEGER NOT NULL,  -- false: links may be missing from the list, so that absence proves nothing
    CONSTRAINT genesys_link_list_pk PRIMARY KEY (call_uuid, server, session, number)
) WITHOUT ROWID;
INSERT INTO "genesys_link_list" VALUES('00RP30KH7088L1IC08GB82LAES000317','','',358182,'2012-10-29 14:41:00.540480',1);
INSERT INTO "genesys_link_list" VALUES('00RP30KH7088L1IC08GB82LAES00031D','','',358236,'2012-10-29 14:41:02.967460',1);
INSERT INTO "genesys_link_list" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185464,'2012-10-29 14:41:00.495558',1);
INSERT INTO "genesys_link_list" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185539,'2012-10-29 14:41:03.546558',1);
CREATE TABLE genesys_link_side (
    link_id             TEXT    NOT NULL,  -- identity of the IS-Link
    call_uuid           TEXT    NOT NULL,  -- the call that reports it …
    server              TEXT    NOT NULL,  -- … and its server
    current_call_uuid   TEXT    NOT NULL,  -- the same call, or the one it was merged into
    role                TEXT    NOT NULL,  -- source or target
    remote_location     TEXT    NOT NULL,  -- Application@Switch of the other side
    first_number        INTEGER NOT NULL,  -- EventSequenceNumber of the event that first listed it
    first_at            TEXT    NOT NULL,  -- time of that event
    removed             INTEGER NOT NULL,  -- no longer in the call's list; it still tells which way the customer went
    state               TEXT    NOT NULL,  -- of the whole link: waiting, complete, no_pair (other switch not monitored), failed (timed out)
    CONSTRAINT genesys_link_side_pk PRIMARY KEY (link_id, call_uuid, server)
) WITHOUT ROWID;
INSERT INTO "genesys_link_side" VALUES('00EBGH4GK488LFQD2CGB02LAES0007J5','00RP30KH7088L1IC08GB82LAES00031D','','00RP30KH7088L1IC08GB82LAES00031D','target','SIPServer1@SIP_Switch1',358236,'2012-10-29 14:41:02.967460',0,'complete');
INSERT INTO "genesys_link_side" VALUES('00EBGH4GK488LFQD2CGB02LAES0007J5','01AE904GK088LFQD2CGB02LAES0000EP','','01AE904GK088LFQD2CGB02LAES0000EP','source','Tserver2@Avaya_Switch1',185539,'2012-10-29 14:41:03.546558',0,'complete');
INSERT INTO "genesys_link_side" VALUES('00RP30KH7088L1IC08GB82LAES000316','00RP30KH7088L1IC08GB82LAES000317','','00RP30KH7088L1IC08GB82LAES000317','source','SIPServer1@SIP_Switch1',358182,'2012-10-29 14:41:00.540480',0,'complete');
INSERT INTO "genesys_link_side" VALUES('00RP30KH7088L1IC08GB82LAES000316','01AE904GK088LFQD2CGB02LAES0000EP','','01AE904GK088LFQD2CGB02LAES0000EP','target','Tserver2@Avaya_Switch1',185464,'2012-10-29 14:41:00.495558',0,'complete');
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
INSERT INTO "genesys_listed_link" VALUES('00RP30KH7088L1IC08GB82LAES00031D','','',358236,'00EBGH4GK488LFQD2CGB02LAES0007J5','target','SIPServer1@SIP_Switch1');
INSERT INTO "genesys_listed_link" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185539,'00EBGH4GK488LFQD2CGB02LAES0007J5','source','Tserver2@Avaya_Switch1');
INSERT INTO "genesys_listed_link" VALUES('00RP30KH7088L1IC08GB82LAES000317','','',358182,'00RP30KH7088L1IC08GB82LAES000316','source','SIPServer1@SIP_Switch1');
INSERT INTO "genesys_listed_link" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185464,'00RP30KH7088L1IC08GB82LAES000316','target','Tserver2@Avaya_Switch1');
INSERT INTO "genesys_listed_link" VALUES('01AE904GK088LFQD2CGB02LAES0000EP','','',185539,'00RP30KH7088L1IC08GB82LAES000316','target','Tserver2@Avaya_Switch1');
CREATE TABLE genesys_log (
    log                 TEXT    NOT NULL,  -- name of the log: its server, or the path of its first file
    position            TEXT    NOT NULL,  -- the reader's whole state as JSON: file, offset, open message, clock
    read_at             TEXT    NOT NULL,  -- when it got there
    CONSTRAINT genesys_log_pk PRIMARY KEY (log)
) WITHOUT ROWID;
INSERT INTO "genesys_log" VALUES('/tmp/base/tests/sources/genesys/data/islinks.log','{"identity": [65024, 2264586, 1024, "7fed844dd14445664673f51229016bc9f8fea94b4de14d5b434083fae1c97ddc"], "file": "/tmp/base/tests/sources/genesys/data/islinks.log", "offset": 1865, "carry": "QDA5OjQxOjAyLjk2NzQgWzBdIDguMS4wMDEuMDUgZGlzdHJpYnV0ZSBjYWxsL3BhcnR5IGV2ZW50OiBtZXNzYWdlIEV2ZW50Q2FsbERhdGFDaGFuZ2VkCglBdHRyaWJ1dGVFdmVudFNlcXVlbmNlTnVtYmVyCTAwMDAwMDAwMDAwNTc3NWMKCUF0dHJpYnV0ZVRpbWVTdGFtcAk1MDhlOTU3ZTAwMGVjMzI0CglBdHRyaWJ1dGVDb25uSUQJMDA5YTAyMTg0MzAzODQwNwoJQXR0cmlidXRlQ2FsbFVVSUQJJzAwUlAzMEtINzA4OEwxSUMwOEdCODJMQUVTMDAwMzFEJwoJQXR0cmlidXRlSVNMaW5rTGlzdAlbMTA4XSAwMCAwMSAwMyAwMC4uCgkJJzAwRUJHSDRHSzQ4OExGUUQyQ0dCMDJMQUVTMDAwN0o1JyhsaXN0KSAnbG9jYXRpb24tbmFtZScJJ1NJUFNlcnZlcjFAU0lQX1N3aXRjaDEnCgkJCSdkaXJlY3Rpb24tcm9sZScJJ3RhcmdldCcK", "carried_from": ["/tmp/base/tests/sources/genesys/data/islinks.log", 1451], "head": null, "server": "", "session": "", "anchor": "2012-10-29T14:41:03.546558+00:00", "utc_offset": -14400.0}','2026-11-27 10:50:12.598');
CREATE TABLE genesys_reject (
    digest              TEXT    NOT NULL,  -- SHA-256 of file, offset, reason and text
    reject_id           TEXT    NOT NULL,  -- the reject in usage_reject
    CONSTRAINT genesys_reject_pk PRIMARY KEY (digest)
) WITHOUT ROWID;
CREATE TABLE genesys_usage (
    service             TEXT    NOT NULL,  -- service of the record
    once_key            TEXT    NOT NULL,  -- key of the record
    call_uuid           TEXT    NOT NULL,  -- the call, or the call that names the interaction
    CONSTRAINT genesys_usage_pk PRIMARY KEY (service, once_key)
) WITHOUT ROWID;
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
INSERT INTO "import_begun" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070','october.csv','pgi/1+96d32b310d9e','csv','2012-10',NULL,'2026-11-27 10:50:18.232');
CREATE TABLE import_file (
    sha256         text        NOT NULL,  -- of the bytes of the file
    imported_at            TEXT    NOT NULL,  -- when the last row was in
    rows                   INTEGER NOT NULL,  -- lines and rejects
    corrects               TEXT,              -- sha256 of the file it replaces
    CONSTRAINT import_file_pk PRIMARY KEY (sha256),
    CONSTRAINT import_file_corrected_once UNIQUE (corrects)
);
INSERT INTO "import_file" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070','2026-11-27 10:50:18.232',3,NULL);
CREATE TABLE import_total (
    sha256         text        NOT NULL,  -- of the bytes of the file
    currency               TEXT    NOT NULL,  -- ISO 4217 code
    amount                 TEXT    NOT NULL,  -- as the file has it, never rounded
    CONSTRAINT import_total_pk PRIMARY KEY (sha256, currency)
);
INSERT INTO "import_total" VALUES('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070','SEK','155.15');
CREATE TABLE once_key (
    service        TEXT    NOT NULL,   -- keys of different services do not meet
    key            TEXT    NOT NULL,   -- wsa:… a WS-Addressing message id, key:… the caller's own, hash:… of the content
    record_id      TEXT    NOT NULL,   -- the record the key stands for
    content_digest TEXT    NOT NULL,   -- BLAKE2 of the record: the same key with another content is refused
    used_at        TEXT    NOT NULL,   -- when it was first used; retention goes by it
    CONSTRAINT once_key_used_once PRIMARY KEY (service, key)
) WITHOUT ROWID;
INSERT INTO "once_key" VALUES('BATCH','key:batch-key-0','01a21ca0-6921-74af-bbad-8d6d028afd06','27aeaaa7ac9aac95de34c0bf664e59bc','2026-11-27 10:50:04.450');
INSERT INTO "once_key" VALUES('BATCH','key:batch-key-1','01a21ca0-6921-74af-bbad-8d6d028afd07','e64bec284119056b4d717c9454632cb6','2026-11-27 10:50:04.450');
INSERT INTO "once_key" VALUES('BATCH','key:batch-key-2','01a21ca0-6921-74af-bbad-8d6d028afd08','a4590bbf30d79ded3c1ec552f4b45922','2026-11-27 10:50:04.450');
INSERT INTO "once_key" VALUES('BATCH','key:batch-key-3','01a21ca0-6921-74af-bbad-8d6d028afd09','e823ab188b2f76e069f6069445984118','2026-11-27 10:50:04.450');
INSERT INTO "once_key" VALUES('OLD','key:old-key','01a21ca0-6907-77b5-ba8a-508d4ddd57c1','0952ebf66acd1485904df24b2e66f33b','2026-11-27 10:50:04.423');
INSERT INTO "once_key" VALUES('PEXIP_PARTICIPANT','pexip:test:participant:ended','01a21ca0-7f8b-7122-b48c-6924a281aa49','a026ceff86acad562ded9beb198d182e','2026-11-27 10:50:10.187');
INSERT INTO "once_key" VALUES('PX21_CN_IMS','notice:01a21ca0-a656-719d-82aa-f232c9135a14:1:Failed','01a21ca0-a66d-71a1-82d4-d3f941a63604','7c87b10ebe76733575402334542a0696','2026-11-27 10:50:20.141');
INSERT INTO "once_key" VALUES('PX21_CN_IMS','notice:01a21ca0-a656-719d-82aa-f232c9135a14:1:Sending','01a21ca0-a660-7646-861a-79b14d87be43','95df4b6f289311be0cc9bb904423e00a','2026-11-27 10:50:20.129');
INSERT INTO "once_key" VALUES('PX21_CN_IMS','notice:01a21ca0-a660-7646-861a-79b14d87be42:1:Failed','01a21ca0-a674-7141-98ce-33ee103022ca','90225f4ae76a064c3973705c3a73d5f9','2026-11-27 10:50:20.148');
INSERT INTO "once_key" VALUES('PX21_CN_IMS','notice:01a21ca0-a660-7646-861a-79b14d87be42:1:Sending','01a21ca0-a672-7534-8a88-359dc3f732d8','e14fa83dbfd260acba705a7e1d194d25','2026-11-27 10:50:20.146');
INSERT INTO "once_key" VALUES('pgi','d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070:2','01a21ca0-9f0b-7058-97b5-05f89dc9239e','42a59cc0b403d737ba62bf46f2deb569','2026-11-27 10:50:18.251');
INSERT INTO "once_key" VALUES('pgi','d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070:3','01a21ca0-9f0b-7058-97b5-05f89dc9239f','a16e5c44e8088e6b88eac2903d9cbf22','2026-11-27 10:50:18.251');
CREATE TABLE pexip_decision (
    decided_at       TEXT    NOT NULL,
    request          TEXT    NOT NULL,  -- path below policy/v1/
    service_tag      TEXT   ,
    participant_uuid TEXT   ,
    call_uuid        TEXT   ,
    refused          INTEGER NOT NULL,
    reason           TEXT    NOT NULL,
    call_tag         TEXT   ,           -- the call tag we set; from then on it is trusted
    parameters       TEXT    NOT NULL   -- of the request, as JSON
);
CREATE TABLE pexip_epoch (
    source         TEXT    NOT NULL,  -- pexip:<deployment>/<sink>/<node>
    opened_at      TEXT    NOT NULL,  -- time of its first event
    highest        INTEGER NOT NULL,
    missing        INTEGER NOT NULL,
    repeated       INTEGER NOT NULL,  -- of all runs of the node, shown with its last
    latest_at      TEXT    NOT NULL   -- time of the highest number
);
INSERT INTO "pexip_epoch" VALUES('pexip:test/main/n1','2026-03-02 12:00:00.000',5,2,0,'2026-03-02 12:01:00.000');
CREATE TABLE pexip_event (
    event_id       INTEGER NOT NULL,  -- the order in which they were read
    sink           TEXT    NOT NULL,
    node           TEXT    NOT NULL,  -- primary address of the sending node; empty: it names none
    seq            INTEGER,           -- the node's numbering for this sink
    event_time     TEXT   ,           -- when it happened, as the node states it
    event          TEXT    NOT NULL,  -- event name; empty: unreadable
    subject        TEXT   ,           -- uuid of the participant, or name of the conference
    received_at    TEXT    NOT NULL,
    reason         TEXT   ,           -- why it could not be processed; empty: it was
    body           BLOB    NOT NULL,  -- the whole body as posted, with the first of its events; a reject's own part
    CONSTRAINT pexip_event_pk PRIMARY KEY (event_id)
);
INSERT INTO "pexip_event" VALUES(1,'main','n1',1,'2026-03-02 12:00:00.000','participant_connected','leg-1','2026-11-27 10:50:10.115',NULL,X'7B226576656E74223A20227061727469636970616E745F636F6E6E6563746564222C20226E6F6465223A20226E31222C2022736571223A20312C202276657273696F6E223A20322C202274696D65223A20313737323435323830302C202264617461223A207B2275756964223A20226C65672D31222C202263616C6C5F6964223A20226C65672D31222C2022636F6E766572736174696F6E5F6964223A20226C65672D31222C2022636F6E666572656E6365223A2022526F6F6D222C2022736572766963655F74797065223A2022636F6E666572656E6365222C2022736572766963655F746167223A202261636D65222C202270726F746F636F6C223A2022534950222C20226861735F6D65646961223A20747275652C2022636F6E6E6563745F74696D65223A20313737323435323830307D7D');
INSERT INTO "pexip_event" VALUES(2,'main','n1',2,'2026-03-02 12:00:00.000','participant_connected','ended','2026-11-27 10:50:10.118',NULL,X'7B226576656E74223A20227061727469636970616E745F636F6E6E6563746564222C20226E6F6465223A20226E31222C2022736571223A20322C202276657273696F6E223A20322C202274696D65223A20313737323435323830302C202264617461223A207B2275756964223A2022656E646564222C202263616C6C5F6964223A2022656E646564222C2022636F6E766572736174696F6E5F6964223A2022656E646564222C2022636F6E666572656E6365223A2022526F6F6D222C2022736572766963655F74797065223A2022636F6E666572656E6365222C2022736572766963655F746167223A202261636D65222C202270726F746F636F6C223A2022534950222C20226861735F6D65646961223A20747275652C2022636F6E6E6563745F74696D65223A20313737323435323830307D7D');
INSERT INTO "pexip_event" VALUES(3,'main','n1',5,'2026-03-02 12:01:00.000','participant_disconnected','ended','2026-11-27 10:50:10.120',NULL,X'7B226576656E74223A20227061727469636970616E745F646973636F6E6E6563746564222C20226E6F6465223A20226E31222C2022736571223A20352C202276657273696F6E223A20322C202274696D65223A20313737323435323836302C202264617461223A207B2275756964223A2022656E646564222C202263616C6C5F6964223A2022656E646564222C2022636F6E766572736174696F6E5F6964223A2022656E646564222C2022636F6E666572656E6365223A2022526F6F6D222C2022736572766963655F74797065223A2022636F6E666572656E6365222C2022736572766963655F746167223A202261636D65222C202270726F746F636F6C223A2022534950222C20226861735F6D65646961223A20747275652C2022636F6E6E6563745F74696D65223A20313737323435323830302C2022656E645F74696D65223A20313737323435323836302C20226475726174696F6E223A2036307D7D');
CREATE TABLE pexip_finding (
    found_at       TEXT    NOT NULL,
    row_id         TEXT    NOT NULL,
    usage_key      TEXT    NOT NULL,
    verdict        TEXT    NOT NULL,  -- missing, differing or surplus
    differences    TEXT    NOT NULL   -- names of the properties, comma-separated
);
CREATE TABLE pexip_history_row (
    kind           TEXT    NOT NULL,  -- participant or conference
    row_id         TEXT    NOT NULL,  -- the platform's id; a digest where it has none
    read_at        TEXT    NOT NULL,
    reason         TEXT   ,           -- why it could not be processed; empty: it was
    body           BLOB    NOT NULL,  -- JSON
    CONSTRAINT pexip_history_row_pk PRIMARY KEY (kind, row_id)
);
CREATE TABLE pexip_hole (
    source         TEXT    NOT NULL,
    opened_at      TEXT    NOT NULL,  -- the run they belong to
    first_number   INTEGER NOT NULL,
    last_number    INTEGER NOT NULL,
    after_time     TEXT   ,           -- time of the event before; empty: none came
    before_time    TEXT    NOT NULL,  -- time of the event behind
    reconciled_at  TEXT               -- when the history of that time was read; empty: not yet
);
INSERT INTO "pexip_hole" VALUES('pexip:test/main/n1','2026-03-02 12:00:00.000',3,4,'2026-03-02 12:00:00.000','2026-03-02 12:01:00.000',NULL);
CREATE TABLE pexip_inbox (
    inbox_id       INTEGER NOT NULL,  -- the order in which they were stored
    sink           TEXT    NOT NULL,  -- event sink, as the URL names it
    received_at    TEXT    NOT NULL,
    caller_address TEXT   ,           -- network address of the sender
    body           BLOB    NOT NULL,  -- every byte as sent
    CONSTRAINT pexip_inbox_pk PRIMARY KEY (inbox_id)
);
CREATE TABLE pexip_piece (
    kind           TEXT    NOT NULL,  -- leg, media, conference or stray
    id             TEXT    NOT NULL,  -- uuid or name; a digest where that is very long
    state          BLOB    NOT NULL,  -- JSON
    saved_at       TEXT    NOT NULL,
    CONSTRAINT pexip_piece_pk PRIMARY KEY (kind, id)
);
INSERT INTO "pexip_piece" VALUES('leg','ended',X'7B2275756964223A22656E646564222C2273686F776E223A7B2275756964223A22656E646564222C2263616C6C5F6964223A22656E646564222C22636F6E766572736174696F6E5F6964223A22656E646564222C2272656C617465645F7575696473223A6E756C6C2C2263616C6C5F746167223A6E756C6C2C22736572766963655F746167223A2261636D65222C22736572766963655F74797065223A22636F6E666572656E6365222C22636F6E666572656E6365223A22526F6F6D222C2263616C6C5F646972656374696F6E223A6E756C6C2C2270726F746F636F6C223A22534950222C22726F6C65223A6E756C6C2C22736F757263655F616C696173223A6E756C6C2C2264657374696E6174696F6E5F616C696173223A6E756C6C2C22646973706C61795F6E616D65223A6E756C6C2C2272656D6F74655F61646472657373223A6E756C6C2C2276656E646F72223A6E756C6C2C22656E6372797074696F6E223A6E756C6C2C226D656469615F6E6F6465223A6E756C6C2C227369676E616C6C696E675F6E6F6465223A6E756C6C2C2270726F78795F6E6F6465223A6E756C6C2C2273797374656D5F6C6F636174696F6E223A6E756C6C2C2272785F62616E647769647468223A6E756C6C2C2274785F62616E647769647468223A6E756C6C2C226C6963656E73655F636F756E74223A6E756C6C2C226861735F6D65646961223A747275652C2269735F73747265616D696E67223A6E756C6C2C2269735F6964705F61757468656E74696361746564223A6E756C6C2C2263616C6C5F7175616C697479223A6E756C6C2C22646973636F6E6E6563745F726561736F6E223A6E756C6C2C22636F6E6E6563745F74696D65223A22323032362D30332D30325431323A30303A30305A222C22656E645F74696D65223A22323032362D30332D30325431323A30313A30305A222C226475726174696F6E223A225054363053227D2C227374616D7073223A7B2275756964223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C2263616C6C5F6964223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22636F6E766572736174696F6E5F6964223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22736572766963655F746167223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22736572766963655F74797065223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22636F6E666572656E6365223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C2270726F746F636F6C223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C226861735F6D65646961223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22636F6E6E6563745F74696D65223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C22656E645F74696D65223A5B322C22323032362D30332D30325431323A30313A30305A222C355D2C226475726174696F6E223A5B322C22323032362D30332D30325431323A30313A30305A222C355D7D2C226861645F6D65646961223A747275652C2266697273745F636F6E6E656374223A22323032362D30332D30325431323A30303A30305A222C22646973636F6E6E6563746564223A747275652C226C6173745F646973636F6E6E656374223A22323032362D30332D30325431323A30313A30305A222C2270726573656E6365223A7B22526F6F6D223A5B22323032362D30332D30325431323A30303A30305A222C22323032362D30332D30325431323A30313A30305A225D7D2C226E6F646573223A5B226E31225D2C22686973746F72795F6964223A6E756C6C7D','2026-11-27 10:50:10.181');
INSERT INTO "pexip_piece" VALUES('leg','leg-1',X'7B2275756964223A226C65672D31222C2273686F776E223A7B2275756964223A226C65672D31222C2263616C6C5F6964223A226C65672D31222C22636F6E766572736174696F6E5F6964223A226C65672D31222C2272656C617465645F7575696473223A6E756C6C2C2263616C6C5F746167223A6E756C6C2C22736572766963655F746167223A2261636D65222C22736572766963655F74797065223A22636F6E666572656E6365222C22636F6E666572656E6365223A22526F6F6D222C2263616C6C5F646972656374696F6E223A6E756C6C2C2270726F746F636F6C223A22534950222C22726F6C65223A6E756C6C2C22736F757263655F616C696173223A6E756C6C2C2264657374696E6174696F6E5F616C696173223A6E756C6C2C22646973706C61795F6E616D65223A6E756C6C2C2272656D6F74655F61646472657373223A6E756C6C2C2276656E646F72223A6E756C6C2C22656E6372797074696F6E223A6E756C6C2C226D656469615F6E6F6465223A6E756C6C2C227369676E616C6C696E675F6E6F6465223A6E756C6C2C2270726F78795F6E6F6465223A6E756C6C2C2273797374656D5F6C6F636174696F6E223A6E756C6C2C2272785F62616E647769647468223A6E756C6C2C2274785F62616E647769647468223A6E756C6C2C226C6963656E73655F636F756E74223A6E756C6C2C226861735F6D65646961223A747275652C2269735F73747265616D696E67223A6E756C6C2C2269735F6964705F61757468656E74696361746564223A6E756C6C2C2263616C6C5F7175616C697479223A6E756C6C2C22646973636F6E6E6563745F726561736F6E223A6E756C6C2C22636F6E6E6563745F74696D65223A22323032362D30332D30325431323A30303A30305A222C22656E645F74696D65223A6E756C6C2C226475726174696F6E223A6E756C6C7D2C227374616D7073223A7B2275756964223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C2263616C6C5F6964223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C22636F6E766572736174696F6E5F6964223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C22736572766963655F746167223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C22736572766963655F74797065223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C22636F6E666572656E6365223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C2270726F746F636F6C223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C226861735F6D65646961223A5B312C22323032362D30332D30325431323A30303A30305A222C315D2C22636F6E6E6563745F74696D65223A5B312C22323032362D30332D30325431323A30303A30305A222C315D7D2C226861645F6D65646961223A747275652C2266697273745F636F6E6E656374223A22323032362D30332D30325431323A30303A30305A222C22646973636F6E6E6563746564223A66616C73652C226C6173745F646973636F6E6E656374223A6E756C6C2C2270726573656E6365223A7B22526F6F6D223A5B22323032362D30332D30325431323A30303A30305A222C22323032362D30332D30325431323A30303A30305A225D7D2C226E6F646573223A5B226E31225D2C22686973746F72795F6964223A6E756C6C7D','2026-11-27 10:50:10.181');
CREATE TABLE pexip_piece_key (
    kind           TEXT    NOT NULL,
    field          TEXT    NOT NULL,  -- related, conference, call, conversation or history
    value          TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    CONSTRAINT pexip_piece_key_pk PRIMARY KEY (kind, field, value, id)
);
INSERT INTO "pexip_piece_key" VALUES('leg','conference','Room','ended');
INSERT INTO "pexip_piece_key" VALUES('leg','call','ended','ended');
INSERT INTO "pexip_piece_key" VALUES('leg','conversation','ended','ended');
INSERT INTO "pexip_piece_key" VALUES('leg','conference','Room','leg-1');
INSERT INTO "pexip_piece_key" VALUES('leg','call','leg-1','leg-1');
INSERT INTO "pexip_piece_key" VALUES('leg','conversation','leg-1','leg-1');
CREATE TABLE pexip_progress (
    name           TEXT    NOT NULL,  -- participants, conferences or events
    reached_at     TEXT   ,           -- history is read up to here
    reached_id     INTEGER,           -- events are counted up to here
    CONSTRAINT pexip_progress_pk PRIMARY KEY (name)
);
INSERT INTO "pexip_progress" VALUES('events',NULL,3);
CREATE TABLE pexip_sequence (
    sink           TEXT    NOT NULL,
    node           TEXT    NOT NULL,
    state          BLOB    NOT NULL,  -- JSON
    CONSTRAINT pexip_sequence_pk PRIMARY KEY (sink, node)
);
INSERT INTO "pexip_sequence" VALUES('main','n1',X'7B22666F6C646564223A5B5D2C22726563656E74223A5B5B22323032362D30332D30325431323A30303A30305A222C312C66616C73655D2C5B22323032362D30332D30325431323A30303A30305A222C322C66616C73655D2C5B22323032362D30332D30325431323A30313A30305A222C352C66616C73655D5D2C2272657065617473223A302C226469736F726465726564223A307D');
CREATE TABLE pexip_untold (
    kind           TEXT    NOT NULL,  -- leg or conference
    id             TEXT    NOT NULL,
    name           TEXT    NOT NULL,  -- the whole uuid or name
    CONSTRAINT pexip_untold_pk PRIMARY KEY (kind, id)
);
CREATE TABLE pexip_usage (
    usage_key      TEXT    NOT NULL,  -- stable key of the leg or meeting
    revision       INTEGER NOT NULL,  -- 1 for the first record
    record_id      TEXT   ,           -- the record in force; empty: withdrawn
    record         BLOB   ,           -- the same as JSON; empty: withdrawn
    service_tag    TEXT   ,           -- of a billed leg in force, for quotas
    ended_at       TEXT   ,           -- when the leg or meeting in force ended
    seconds        INTEGER,           -- of a billed leg in force
    told_at        TEXT    NOT NULL,  -- when the ledger was last told
    refused        TEXT   ,           -- why the ledger did not take the last change, for example a closed period
    settled        INTEGER NOT NULL,  -- true: so old that it changes no more
    CONSTRAINT pexip_usage_pk PRIMARY KEY (usage_key)
);
INSERT INTO "pexip_usage" VALUES('pexip:test:participant:ended',1,'01a21ca0-7f8b-7122-b48c-6924a281aa49',X'7B22676C6F62616C5F7472616E73616374696F6E5F6964223A22656E646564222C2273657276696365223A2250455849505F5041525449434950414E54222C226576656E745F74797065223A227061727469636970616E745F646973636F6E6E6563746564222C227265636F72645F74696D65223A22323032362D30332D30325431323A30313A30305A222C22636F6465223A302C2270726F70657274696573223A5B5B2273657276696365546167222C2261636D65225D2C5B2263616C6C546167222C22225D2C5B22636F6E666572656E6365222C22526F6F6D225D2C5B227365727669636554797065222C22636F6E666572656E6365225D2C5B226475726174696F6E5365636F6E6473222C223630225D2C5B22737461727454696D65222C22323032362D30332D30325431323A30303A30302E3030302B30303A3030225D2C5B22656E6454696D65222C22323032362D30332D30325431323A30313A30302E3030302B30303A3030225D2C5B227061727469636970616E7455756964222C22656E646564225D2C5B2263616C6C4964222C22656E646564225D2C5B22636F6E766572736174696F6E4964222C22656E646564225D2C5B2270726F746F636F6C222C22534950225D5D2C22736F75726365223A2270657869703A74657374222C22726571756573746572223A6E756C6C2C227072696E636970616C223A6E756C6C2C2263616C6C65725F61646472657373223A6E756C6C2C226865616465725F7472616E73616374696F6E5F6964223A6E756C6C2C226865616465725F736572766963655F6964223A6E756C6C2C2272656D61726B73223A5B5D2C226F6E63655F6B6579223A2270657869703A746573743A7061727469636970616E743A656E646564222C2273657175656E6365223A6E756C6C7D','acme','2026-03-02 12:01:00.000',60,'2026-11-27 10:50:10.188',NULL,0);
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
INSERT INTO "service_account" VALUES('pgi','0012345',1,'anna','KTH','2026-11-27 10:50:15.362',NULL,'2026-11-27 10:50:15.362');
CREATE TABLE servicedata_format (
    only_row    INTEGER NOT NULL DEFAULT 1,
    escaping    TEXT    NOT NULL DEFAULT 'minimal',  -- minimal: % ; CR LF (and = in names) as %XX; raw: unchanged
    limit_bytes INTEGER NOT NULL DEFAULT 4000,       -- longest SERVICEDATA of one row, in UTF-8 bytes
    CONSTRAINT servicedata_format_pk PRIMARY KEY (only_row),
    CONSTRAINT servicedata_format_one_row CHECK (only_row = 1),
    CONSTRAINT servicedata_format_escaping CHECK (escaping IN ('minimal', 'raw')),
    CONSTRAINT servicedata_format_limit CHECK (limit_bytes >= 4)
);
INSERT INTO "servicedata_format" VALUES(1,'minimal',4000);
CREATE TABLE source_sequence (
    source         TEXT    NOT NULL,   -- who counts
    epoch          TEXT    NOT NULL,   -- which count: a source that restarts begins a new one
    number         INTEGER NOT NULL,
    seen_at        TEXT    NOT NULL,
    record_id      TEXT                -- the record that carried the number, if it was a record
);
INSERT INTO "source_sequence" VALUES('node-1','boot',1,'2026-11-27 10:50:04.418','01a21ca0-6902-7248-9dd8-3f52a24180bd');
INSERT INTO "source_sequence" VALUES('node-1','boot',2,'2026-11-27 10:50:04.421','01a21ca0-6905-73b3-b40e-cb724222052a');
INSERT INTO "source_sequence" VALUES('node-1','boot',5,'2026-11-27 10:50:04.422','01a21ca0-6906-72d5-8e62-1e16e8a854a3');
INSERT INTO "source_sequence" VALUES('sip:as1','1795216000.000001',7,'2026-11-27 10:50:20.120',NULL);
INSERT INTO "source_sequence" VALUES('sip:as1','1795216000.000001',7,'2026-11-27 10:50:20.128',NULL);
CREATE TABLE usage_adjustment (
    record_id      TEXT    NOT NULL,   -- the record that no longer counts
    replacement_id TEXT,               -- the record that counts instead; empty for a void
    adjusted_at    TEXT    NOT NULL,
    actor          TEXT    NOT NULL,   -- who did it
    reason_code    TEXT    NOT NULL,   -- why, for programs
    reason         TEXT    NOT NULL,   -- why, for people
    CONSTRAINT usage_adjustment_once PRIMARY KEY (record_id)
) WITHOUT ROWID;
INSERT INTO "usage_adjustment" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd06',NULL,'2026-11-27 10:50:05.540','auditor','TEST','an old row');
INSERT INTO "usage_adjustment" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd07','01a21ca0-72cb-7780-9c20-15f7a2f6fef0','2026-11-27 10:50:06.925','auditor','TEST','x');
CREATE TABLE usage_period (
    entry_id       TEXT    NOT NULL,   -- UUIDv7: its order is the order of entry
    service        TEXT    NOT NULL,   -- the service whose records it covers; empty: of every service
    starts_at      TEXT    NOT NULL,   -- record times from here …
    ends_at        TEXT    NOT NULL,   -- … to before here
    closed         INTEGER NOT NULL,   -- true: closed, false: opened again
    entered_at     TEXT    NOT NULL,   -- for a closed period: the instant its figures are as of
    actor          TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    CONSTRAINT usage_period_pk PRIMARY KEY (entry_id),
    CONSTRAINT usage_period_span CHECK (starts_at < ends_at)
);
INSERT INTO "usage_period" VALUES('01a21ca0-785b-742d-9322-72d019f2c4ba','','2011-09-01 00:00:00.000','2011-10-01 00:00:00.000',1,'2026-11-27 10:50:08.347','auditor','audited');
INSERT INTO "usage_period" VALUES('01a21ca0-7dfa-7721-8c7c-125a4fa90f37','','2011-01-01 00:00:00.000','2012-01-01 00:00:00.000',1,'2026-11-27 10:50:09.786','auditor','audited');
CREATE TABLE usage_property (
    record_id TEXT    NOT NULL,  -- the record it belongs to
    position  INTEGER NOT NULL,  -- 0, 1, 2 … in the caller's order; a name may repeat
    name      TEXT    NOT NULL,
    value     TEXT    NOT NULL,  -- every character as sent; may be empty
    CONSTRAINT usage_property_pk PRIMARY KEY (record_id, position)
) WITHOUT ROWID;
INSERT INTO "usage_property" VALUES('01a21ca0-6907-77b5-ba8a-508d4ddd57c1',0,'NAME','välue');
INSERT INTO "usage_property" VALUES('01a21ca0-6908-7546-961f-195d7607a3ad',0,'NAME','välue');
INSERT INTO "usage_property" VALUES('01a21ca0-6909-743d-8d33-f76d5b1275f9',0,'NAME','välue');
INSERT INTO "usage_property" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd06',0,'SECONDS','0');
INSERT INTO "usage_property" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd07',0,'SECONDS','1');
INSERT INTO "usage_property" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd08',0,'SECONDS','2');
INSERT INTO "usage_property" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd09',0,'SECONDS','3');
INSERT INTO "usage_property" VALUES('01a21ca0-72cb-7780-9c20-15f7a2f6fef0',0,'SECONDS','11');
INSERT INTO "usage_property" VALUES('01a21ca0-7421-7637-8d01-bc113b38604b',0,'SECONDS','9');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',0,'serviceTag','acme');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',1,'callTag','');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',2,'conference','Room');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',3,'serviceType','conference');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',4,'durationSeconds','60');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',5,'startTime','2026-03-02T12:00:00.000+00:00');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',6,'endTime','2026-03-02T12:01:00.000+00:00');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',7,'participantUuid','ended');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',8,'callId','ended');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',9,'conversationId','ended');
INSERT INTO "usage_property" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49',10,'protocol','SIP');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',0,'subject','0012345');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',1,'user','anna');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',2,'customerId','KTH');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',3,'userTag','20');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',4,'conferenceId','C1');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',5,'start','2012-10-04T22:00:00+00:00');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',6,'amount','100.10');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',7,'currency','SEK');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',8,'trust','supplier');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',9,'sheet','csv');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',10,'layout','pgi/1+96d32b310d9e');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e',11,'raw','{"Client ID": "0012345", "Date": "2012-10-05", "Amount": "100.10", "Conf ID": "C1"}');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',0,'subject','0012345');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',1,'user','anna');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',2,'customerId','KTH');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',3,'userTag','20');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',4,'conferenceId','C2');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',5,'start','2012-10-19T22:00:00+00:00');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',6,'amount','50.05');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',7,'currency','SEK');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',8,'trust','supplier');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',9,'sheet','csv');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',10,'layout','pgi/1+96d32b310d9e');
INSERT INTO "usage_property" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f',11,'raw','{"Client ID": "0012345", "Date": "2012-10-20", "Amount": "50.05", "Conf ID": "C2"}');
INSERT INTO "usage_property" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8',0,'REQUESTER','anonymous');
INSERT INTO "usage_property" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8',1,'METHOD','startCallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8',2,'CORRELATOR','old-CallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8',3,'CALLED_PARTY','tel:+4681');
INSERT INTO "usage_property" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8',4,'CALL_EVENTS','called_number,busy,not_reachable,no_answer,answer');
INSERT INTO "usage_property" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed',0,'REQUESTER','anonymous');
INSERT INTO "usage_property" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed',1,'METHOD','startCallDirectionNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed',2,'CORRELATOR','old-CallDirection');
INSERT INTO "usage_property" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed',3,'CALLED_PARTY','tel:+4682');
INSERT INTO "usage_property" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed',4,'CALL_EVENTS','called_number,busy,not_reachable,no_answer');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',0,'CALL_NOTIFICATION','Sending');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',1,'CORRELATOR','old-CallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',2,'CALLER','tel:+4681111');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',3,'CALLED_PARTY','tel:+4681');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',4,'NETWORK_EVENT','NotifyCalledNumber');
INSERT INTO "usage_property" VALUES('01a21ca0-a660-7646-861a-79b14d87be43',5,'CALL_ID','old-call');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',0,'CALL_NOTIFICATION','Failed');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',1,'CORRELATOR','old-CallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',2,'CALLER','tel:+4681111');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',3,'CALLED_PARTY','tel:+4681');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',4,'NETWORK_EVENT','NotifyCalledNumber');
INSERT INTO "usage_property" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604',5,'CALL_ID','old-call');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',0,'CALL_NOTIFICATION','Sending');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',1,'CORRELATOR','old-CallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',2,'CALLER','tel:+4681111');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',3,'CALLED_PARTY','tel:+4681');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',4,'NETWORK_EVENT','NotifyBusy');
INSERT INTO "usage_property" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8',5,'CALL_ID','old-call');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',0,'CALL_NOTIFICATION','Failed');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',1,'CORRELATOR','old-CallNotification');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',2,'CALLER','tel:+4681111');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',3,'CALLED_PARTY','tel:+4681');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',4,'NETWORK_EVENT','NotifyBusy');
INSERT INTO "usage_property" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca',5,'CALL_ID','old-call');
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
INSERT INTO "usage_record" VALUES('01a21ca0-6902-7248-9dd8-3f52a24180bd','2026-11-27 10:50:04.418','2012-10-29 14:41:00.540',0,'n1','OLD','StartCall','usage-1','node-1',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6905-73b3-b40e-cb724222052a','2026-11-27 10:50:04.421','2012-10-29 14:41:00.540',0,'n2','OLD','StartCall','usage-1','node-1',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6906-72d5-8e62-1e16e8a854a3','2026-11-27 10:50:04.422','2012-10-29 14:41:00.540',0,'n5','OLD','StartCall','usage-1','node-1',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6907-77b5-ba8a-508d4ddd57c1','2026-11-27 10:50:04.423','2012-10-29 14:41:00.540',0,'keyed','OLD','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6908-7546-961f-195d7607a3ad','2026-11-27 10:50:04.425','2012-10-29 14:41:00.540',0,'plain','OLD','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6909-743d-8d33-f76d5b1275f9','2026-11-27 10:50:04.426','2012-10-29 14:41:00.540',0,'to-void','OLD','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd06','2026-11-27 10:50:04.450','2012-10-29 14:41:00.540',0,'batch-0','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd07','2026-11-27 10:50:04.450','2012-10-29 14:41:00.540',0,'batch-1','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd08','2026-11-27 10:50:04.450','2012-10-29 14:41:00.540',0,'batch-2','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-6921-74af-bbad-8d6d028afd09','2026-11-27 10:50:04.450','2012-10-29 14:41:00.540',0,'batch-3','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-72cb-7780-9c20-15f7a2f6fef0','2026-11-27 10:50:06.923','2012-10-29 14:41:00.540',0,'batch-1','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-7421-7637-8d01-bc113b38604b','2026-11-27 10:50:07.266','2011-09-25 14:41:00.540',0,'of-a-closed-period','BATCH','StartCall','usage-1','soap',NULL,NULL,'127.0.0.1',NULL,NULL,'unknown_service');
INSERT INTO "usage_record" VALUES('01a21ca0-7f8b-7122-b48c-6924a281aa49','2026-11-27 10:50:10.187','2026-03-02 12:01:00.000',0,'ended','PEXIP_PARTICIPANT','participant_disconnected','usage-1','pexip:test',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239e','2026-11-27 10:50:18.251','2012-10-04 22:00:00.000',0,'C1','pgi','conferenceCharge','usage-1','pgi','anna',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-9f0b-7058-97b5-05f89dc9239f','2026-11-27 10:50:18.251','2012-10-19 22:00:00.000',0,'C2','pgi','conferenceCharge','usage-1','pgi','anna',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a63f-73f7-867f-ab8e6d3568b8','2026-11-27 10:50:20.095','2026-11-27 10:50:20.092',0,'3c8b42aa-e758-46a5-9f07-15d5090e2574','PX21_CN_IMS','StartCallNotification','usage-1','call_notification','anonymous',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a64d-775b-a3fe-0342141f10ed','2026-11-27 10:50:20.109','2026-11-27 10:50:20.107',0,'2091d68f-b892-4694-8ea8-d56b95d8363b','PX21_CN_IMS','StartCallDirectionNotification','usage-1','call_notification','anonymous',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a660-7646-861a-79b14d87be43','2026-11-27 10:50:20.129','2026-11-27 10:50:20.122',0,'01a21ca0-a656-719d-82aa-f232c9135a14','PX21_CN_IMS','DeliverNotification','usage-1','call_notification',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a66d-71a1-82d4-d3f941a63604','2026-11-27 10:50:20.141','2026-11-27 10:50:20.141',1,'01a21ca0-a656-719d-82aa-f232c9135a14','PX21_CN_IMS','DeliverNotification','usage-1','call_notification',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a672-7534-8a88-359dc3f732d8','2026-11-27 10:50:20.146','2026-11-27 10:50:20.145',0,'01a21ca0-a660-7646-861a-79b14d87be42','PX21_CN_IMS','DeliverNotification','usage-1','call_notification',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "usage_record" VALUES('01a21ca0-a674-7141-98ce-33ee103022ca','2026-11-27 10:50:20.148','2026-11-27 10:50:20.148',1,'01a21ca0-a660-7646-861a-79b14d87be42','PX21_CN_IMS','DeliverNotification','usage-1','call_notification',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE usage_reject (
    reject_id      TEXT    NOT NULL,   -- UUIDv7: its order is the order of arrival
    rejected_at    TEXT    NOT NULL,
    source         TEXT    NOT NULL,   -- edge or foreign system it came from
    message_id     TEXT    NOT NULL,   -- which kind of mistake, for example UREC0001E
    field          TEXT,               -- the field at fault
    reason         TEXT    NOT NULL,   -- what is wrong, for people
    content_type   TEXT,
    caller_address TEXT,
    principal      TEXT,
    body_bytes     INTEGER NOT NULL,   -- length of the whole body
    body           BLOB    NOT NULL,   -- the body, cut at the configured length
    CONSTRAINT usage_reject_pk PRIMARY KEY (reject_id)
);
INSERT INTO "usage_reject" VALUES('01a21ca0-690d-718f-b5b2-86adf0fed3c3','2026-11-27 10:50:04.429','soap','UREC0002E',NULL,'serviceAttributes has 1 entries but serviceValues has 0','text/xml; charset=utf-8','127.0.0.1',NULL,488,X'3C653A456E76656C6F706520786D6C6E733A653D27687474703A2F2F736368656D61732E786D6C736F61702E6F72672F736F61702F656E76656C6F70652F2720786D6C6E733A683D2775726E3A75736167652D736572766963653A686561646572733A7631273E3C653A4865616465723E3C2F653A4865616465723E3C653A426F64793E3C753A777269746555736167655265636F72645265717565737420786D6C6E733A753D27687474703A2F2F7777772E69626D2E636F6D2F736368656D612F747773732F7573657265632F76325F302F6C6F63616C273E3C753A676C6F62616C5472616E73616374696F6E49443E756E657175616C3C2F753A676C6F62616C5472616E73616374696F6E49443E3C753A736572766963653E4F4C443C2F753A736572766963653E3C753A6576656E74547970653E537461727443616C6C3C2F753A6576656E74547970653E3C753A7265636F726454696D653E313335313532313636303534303C2F753A7265636F726454696D653E3C753A636F64653E303C2F753A636F64653E3C753A73657276696365417474726962757465733E413C2F753A73657276696365417474726962757465733E3C2F753A777269746555736167655265636F7264526571756573743E3C2F653A426F64793E3C2F653A456E76656C6F70653E');
CREATE TABLE usage_reject_replay (
    reject_id      TEXT    NOT NULL,
    replayed_at    TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    record_id      TEXT,               -- the record it became; empty when it was refused again
    reason         TEXT                -- why it was refused again
);
CREATE INDEX usage_record_by_transaction ON usage_record (global_transaction_id);
CREATE INDEX usage_record_by_time ON usage_record (record_time);
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
CREATE VIEW usagerecords AS
SELECT r.record_id             AS recordid,
       s.key                   AS segment,
       r.global_transaction_id AS globalid,
       r.service               AS service,
       r.host                  AS host,
       r.event_type            AS eventtype,
       r.record_time           AS recordtime,
       r.code                  AS statuscode,
       s.value                 AS servicedata,
       CAST(strftime('%s', r.record_time) AS INTEGER) * 1000 + CAST(substr(r.record_time, -3) AS INTEGER) AS recordtime_ms
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
CREATE UNIQUE INDEX usage_adjustment_by_replacement ON usage_adjustment (replacement_id) WHERE replacement_id IS NOT NULL;
CREATE INDEX source_sequence_by_number ON source_sequence (source, epoch, number);
CREATE INDEX usage_reject_replay_by_reject ON usage_reject_replay (reject_id);
CREATE VIEW usage_current AS
SELECT r.* FROM usage_record r
WHERE NOT EXISTS (SELECT 1 FROM usage_adjustment a WHERE a.record_id = r.record_id);
CREATE VIEW closed_period AS
SELECT service, starts_at, ends_at, entered_at AS closed_at, actor, reason
FROM usage_period p
WHERE closed AND NOT EXISTS (
    SELECT 1 FROM usage_period later
    WHERE later.service = p.service AND later.starts_at = p.starts_at AND later.ends_at = p.ends_at
      AND later.entry_id > p.entry_id);
CREATE VIEW usage_late AS
SELECT r.*, p.closed_at FROM usage_record r
JOIN closed_period p ON p.service IN ('', r.service)
                    AND r.record_time >= p.starts_at AND r.record_time < p.ends_at AND r.received_at > p.closed_at;
CREATE INDEX genesys_call_by_survivor ON genesys_call (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX genesys_call_unsettled ON genesys_call (call_uuid) WHERE revision <> settled_revision;
CREATE INDEX genesys_conn_id_by_id ON genesys_conn_id (conn_id);
CREATE INDEX genesys_attribute_by_value ON genesys_attribute (value);
CREATE INDEX genesys_listed_link_by_link ON genesys_listed_link (link_id);
CREATE INDEX genesys_link_side_by_call ON genesys_link_side (call_uuid);
CREATE INDEX genesys_link_history_by_call ON genesys_link_history (call_uuid);
CREATE INDEX genesys_interaction_due ON genesys_interaction (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX genesys_interaction_by_start ON genesys_interaction (started_at);
CREATE INDEX genesys_interaction_call_by_interaction ON genesys_interaction_call (interaction_id);
CREATE INDEX genesys_usage_by_call ON genesys_usage (call_uuid);
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
CREATE VIEW g_is_link AS
SELECT s.link_id AS linkid,  -- the shared id
       s.current_call_uuid AS callid,  -- the call that has the link now
       CASE s.role WHEN 'source' THEN 2 WHEN 'target' THEN 3 ELSE 0 END AS islinktype,  -- 2 source, 3 target, 0 neither
       s.remote_location AS remotelocation,  -- Application@Switch of the other side
       CASE s.state WHEN 'complete' THEN 1 WHEN 'waiting' THEN 0 ELSE 3 END AS state,  -- 1 active, 0 waiting, 3 no pair expected
       s.first_at AS initiated,  -- when the call's server first listed it
       s.first_number AS gsys_ext_vch1  -- EventSequenceNumber of that event
FROM genesys_link_side s;
CREATE VIEW g_is_link_history AS
SELECT h.link_id AS linkid,  -- the link
       h.position AS seq,  -- order of the changes, call by call
       CASE h.change WHEN 'added' THEN 1 WHEN 'moved' THEN 2 WHEN 'removed' THEN 3 ELSE 0 END AS changetype,  -- 1 added, 2 moved, 3 deleted
       h.call_uuid AS callid,  -- the call
       h.changed_at AS added  -- when, by the call's server
FROM genesys_link_history h;
CREATE INDEX cdr_line_by_account ON cdr_line (service, external_id);
CREATE INDEX cdr_posting_by_record ON cdr_posting (record_id);
CREATE VIEW current_customer AS
SELECT c.* FROM customer c
WHERE NOT EXISTS (SELECT 1 FROM customer later
                  WHERE later.customer_id = c.customer_id AND later.version > c.version);
CREATE VIEW current_service_account AS
SELECT a.* FROM service_account a
WHERE NOT EXISTS (SELECT 1 FROM service_account later
                  WHERE later.service = a.service AND later.external_id = a.external_id AND later.version > a.version);
CREATE VIEW cost_centre_assignment AS
SELECT o.service, o.external_id, o.number, o.sequencenumber, o.valid_from,
       COALESCE((SELECT c.valid_to FROM cost_centre_change c
                 WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
                   AND c.kind = 'closed' ORDER BY c.change_no DESC LIMIT 1), o.valid_to) AS valid_to,  -- not included; empty: until further notice
       o.source, o.evidence,
       COALESCE((SELECT c.seen_at FROM cost_centre_change c
                 WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
                   AND c.kind = 'confirmed' ORDER BY c.change_no DESC LIMIT 1), o.seen_at) AS seen_at,  -- when somebody last said so
       (SELECT c.missing_since FROM cost_centre_change c
        WHERE c.service = o.service AND c.external_id = o.external_id AND c.number = o.number
          AND c.kind IN ('opened', 'confirmed', 'missed') ORDER BY c.change_no DESC LIMIT 1) AS missing_since  -- when a login no longer carried the value
FROM cost_centre_change o
WHERE o.kind = 'opened';
CREATE VIEW current_cdr_line AS
SELECT b.period, l.* FROM cdr_line l
JOIN import_file f ON f.sha256 = l.file_sha256
JOIN import_begun b ON b.sha256 = l.file_sha256
WHERE NOT EXISTS (SELECT 1 FROM import_file later WHERE later.corrects = l.file_sha256);
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
CREATE INDEX pexip_event_by_node ON pexip_event (sink, node, received_at);
CREATE INDEX pexip_event_by_subject ON pexip_event (subject);
CREATE INDEX pexip_event_by_receipt ON pexip_event (received_at);
CREATE INDEX pexip_piece_by_age ON pexip_piece (saved_at);
CREATE INDEX pexip_piece_key_by_piece ON pexip_piece_key (kind, id);
CREATE INDEX pexip_usage_by_tag ON pexip_usage (service_tag, ended_at) WHERE service_tag IS NOT NULL;
CREATE INDEX pexip_usage_by_age ON pexip_usage (told_at) WHERE NOT settled;
CREATE INDEX pexip_epoch_by_source ON pexip_epoch (source);
CREATE INDEX pexip_hole_by_source ON pexip_hole (source);
CREATE INDEX pexip_finding_by_time ON pexip_finding (found_at);
CREATE INDEX pexip_decision_by_time ON pexip_decision (decided_at);
CREATE INDEX pexip_decision_by_participant ON pexip_decision (participant_uuid) WHERE call_tag IS NOT NULL;
CREATE INDEX pexip_decision_by_call ON pexip_decision (call_uuid) WHERE call_tag IS NOT NULL;
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
CREATE VIEW pexip_usage_by_service_tag AS
SELECT substr(ended_at, 1, 7) AS month, source, service_tag, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3;
CREATE VIEW pexip_usage_by_call_tag AS
SELECT substr(ended_at, 1, 7) AS month, source, call_tag, call_tag_trust, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3, 4;
CREATE VIEW pexip_usage_by_location AS
SELECT substr(ended_at, 1, 7) AS month, source, location, count(*) AS legs, sum(seconds) AS seconds
FROM pexip_leg GROUP BY 1, 2, 3;
CREATE VIEW pexip_node_silence AS
SELECT sink, node, count(*) AS events, max(event_time) AS last_event_at, max(received_at) AS last_received_at
FROM pexip_event WHERE node <> '' GROUP BY sink, node;
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
CREATE VIEW source_gap AS
SELECT source, epoch, previous + 1 AS from_number, number - 1 AS to_number
FROM (SELECT source, epoch, number,
             lag(number, 1, min(0, number - 1)) OVER (PARTITION BY source, epoch ORDER BY number) AS previous
      FROM source_sequence) numbered
WHERE number > previous + 1
UNION ALL
SELECT source, opened_at, first_number, last_number
FROM pexip_hole;
CREATE UNIQUE INDEX call_subscription_correlator_once ON call_subscription (correlator) WHERE ended_at IS NULL;
CREATE INDEX call_claim_by_subscription ON call_claim (subscription_id);
CREATE INDEX call_state_to_settle ON call_state (settle_at) WHERE settle_at IS NOT NULL;
CREATE INDEX call_state_by_change ON call_state (changed_at);
CREATE INDEX call_notice_due ON call_notice (endpoint, due_at) WHERE state = 'waiting';
CREATE INDEX call_notice_in_order ON call_notice (subscription_id, call_id, from_tag, position) WHERE state = 'waiting';
CREATE INDEX call_notice_dead ON call_notice (settled_at) WHERE state = 'failed';
COMMIT;
