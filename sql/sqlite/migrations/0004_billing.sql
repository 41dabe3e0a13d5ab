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
