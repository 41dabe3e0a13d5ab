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

-- Conference-bridge billing: who pays, the operator's files, and what was calculated from them.
-- Everything here is appended and nothing changed: a new version, a change, a later run takes the place of an earlier
-- one, and the earlier one stays. Only the rows of an import that never came to its end are ever deleted.

-- ---------------------------------------------------------------------------------------------------------------
-- Who pays and who uses
-- ---------------------------------------------------------------------------------------------------------------

-- Customers; the highest version is in force.
CREATE TABLE customer (
    customer_id            text        NOT NULL,  -- who is invoiced
    version                integer     NOT NULL,  -- from 1
    default_sequencenumber text        NOT NULL,  -- the cost centre that takes what nobody assigned
    currency               text        NOT NULL,  -- ISO 4217
    entity_ids             text        NOT NULL,  -- JSON list: SAML entity ids of its identity providers
    scopes                 text        NOT NULL,  -- JSON list: what stands behind the @ of its users' names
    recorded_at            timestamptz NOT NULL,  -- when it was entered here
    CONSTRAINT customer_pk PRIMARY KEY (customer_id, version)
);

-- Users' accounts at a bridge operator; the highest version is in force. Ids are exact text: 0012345 is not 12345.
CREATE TABLE service_account (
    service                text        NOT NULL,  -- the operator, for example pgi
    external_id            text        NOT NULL,  -- the id that its CDRs carry
    version                integer     NOT NULL,  -- from 1
    user_key               text        NOT NULL,  -- the user in the application's words
    customer_id            text        NOT NULL,  -- who answers for the user; need not be registered yet
    created_at             timestamptz NOT NULL,  -- since when the account exists
    deactivated_at         timestamptz,           -- until when; lines may come all the same
    recorded_at            timestamptz NOT NULL,  -- when it was entered here
    CONSTRAINT service_account_pk PRIMARY KEY (service, external_id, version)
);

-- Every change of an account's cost centre, in order. The primary key is the judge of two changes at a time: each is
-- checked against all before it, so assignments never overlap.
CREATE TABLE cost_centre_change (
    service                text        NOT NULL,  -- the bridge operator, for example pgi
    external_id            text        NOT NULL,  -- the id that its CDRs carry
    change_no              integer     NOT NULL,  -- from 1, without holes
    kind                   text        NOT NULL,  -- opened, closed, confirmed, missed or backdated
    number                 integer,               -- which assignment of the account: opened, closed, confirmed, missed
    sequencenumber         text,                  -- opened: the cost centre; empty: the customer's default
    valid_from             timestamptz,           -- opened: included. backdated: from when on the past was changed
    valid_to               timestamptz,           -- opened, closed: not included; empty: until further notice
    source                 text,                  -- opened: login, import or manual
    evidence               text,                  -- opened: what somebody can check later
    seen_at                timestamptz,           -- opened, confirmed: when somebody last said so
    missing_since          timestamptz,           -- missed: when a login no longer carried the value
    actor                  text,                  -- backdated: who forced it
    reason                 text,                  -- backdated: why
    recorded_at            timestamptz NOT NULL,  -- when it was entered here
    CONSTRAINT cost_centre_change_pk PRIMARY KEY (service, external_id, change_no),
    CONSTRAINT cost_centre_change_kind CHECK (kind IN ('opened', 'closed', 'confirmed', 'missed', 'backdated'))
);

-- ---------------------------------------------------------------------------------------------------------------
-- The operator's files
-- ---------------------------------------------------------------------------------------------------------------

-- Files whose import began. One that is not in import_file as well was interrupted; the next attempt goes on.
CREATE TABLE import_begun (
    sha256         text        NOT NULL,  -- of the file's bytes
    name                   text        NOT NULL,  -- what the file was called
    layout                 text        NOT NULL,  -- name, version and hash of the layout it is read through
    sheet                  text        NOT NULL,  -- the sheet its lines stand on
    period                 text        NOT NULL,  -- YYYY-MM
    corrects               text,                  -- sha256 of the file it replaces
    begun_at               timestamptz NOT NULL,  -- when the import first began
    CONSTRAINT import_begun_pk PRIMARY KEY (sha256)
);

-- Files that were taken in completely. Only their lines count.
CREATE TABLE import_file (
    sha256         text        NOT NULL,
    imported_at            timestamptz NOT NULL,  -- when the last row was in
    rows                   integer     NOT NULL,  -- lines and rejects
    corrects               text,                  -- sha256 of the file it replaces
    CONSTRAINT import_file_pk PRIMARY KEY (sha256),
    CONSTRAINT import_file_corrected_once UNIQUE (corrects)
);

-- What a file adds up to, by currency, unrounded: the figure that aggregates and suspense are held against.
CREATE TABLE import_total (
    sha256         text        NOT NULL,
    currency               text        NOT NULL,  -- ISO 4217 code
    amount                 numeric     NOT NULL,  -- as the file has it, never rounded
    CONSTRAINT import_total_pk PRIMARY KEY (sha256, currency)
);

-- One chargeable row of a file.
CREATE TABLE cdr_line (
    file_sha256    text        NOT NULL,
    row_no                 integer     NOT NULL,  -- as a person sees it in the spreadsheet
    row_hash               text        NOT NULL,  -- SHA-256 of raw
    service                text        NOT NULL,  -- the bridge operator, for example pgi
    external_id            text        NOT NULL,  -- the id that its CDRs carry
    start_at               timestamptz NOT NULL,  -- decides which assignment pays
    end_at                 timestamptz,           -- when the use ended
    amount                 numeric     NOT NULL,  -- as the file has it, never rounded
    currency               text        NOT NULL,  -- ISO 4217 code
    conference_id          text,                  -- the reservation or bridge
    minutes                numeric,               -- as billed
    quantity               numeric,               -- ports or participants
    participant            text,                  -- name, as the file has it
    calling_number         text,                  -- ANI
    called_number          text,                  -- DNIS
    access_type            text,                  -- toll, toll free, …
    billing_code           text,                  -- the operator's idea of the cost centre; a cross-check only
    tax                    numeric,               -- as the file has it
    rate                   numeric,               -- price of a minute
    raw                    text        NOT NULL,  -- the whole row as JSON, heading → text
    remarks                text        NOT NULL,  -- JSON list
    CONSTRAINT cdr_line_pk PRIMARY KEY (file_sha256, row_no)
);

-- Which lines belong to this account?
CREATE INDEX cdr_line_by_account ON cdr_line (service, external_id);

-- A row that should be a line and could not be read as one; its content is kept in usage_reject, too.
CREATE TABLE cdr_reject (
    file_sha256    text        NOT NULL,
    row_no                 integer     NOT NULL,  -- as a person sees it in the spreadsheet
    reject_id              uuid        NOT NULL,  -- in usage_reject
    reason                 text        NOT NULL,  -- why
    amount                 numeric,               -- empty: not even the amount could be read
    currency               text,                  -- ISO 4217 code
    raw                    text        NOT NULL,  -- the whole row as JSON, heading → text
    CONSTRAINT cdr_reject_pk PRIMARY KEY (file_sha256, row_no)
);

-- Which usage record tells of a line, and who paid for it then; the highest number is in force.
CREATE TABLE cdr_posting (
    file_sha256    text        NOT NULL,
    row_no                 integer     NOT NULL,  -- as a person sees it in the spreadsheet
    number                 integer     NOT NULL,  -- from 1
    record_id              uuid,                  -- empty: the record was voided
    customer_id            text        NOT NULL,  -- who is invoiced
    sequencenumber         text        NOT NULL,  -- the cost centre
    user_key               text        NOT NULL,  -- the user in the application's words
    posted_at              timestamptz NOT NULL,  -- when it was entered here
    CONSTRAINT cdr_posting_pk PRIMARY KEY (file_sha256, row_no, number)
);

-- Which line does this usage record come from?
CREATE INDEX cdr_posting_by_record ON cdr_posting (record_id);

-- ---------------------------------------------------------------------------------------------------------------
-- What was calculated
-- ---------------------------------------------------------------------------------------------------------------

-- A calculation of all aggregates of a period. Its id is the hash of everything that decides the result.
CREATE TABLE billing_run (
    run_id                 text        NOT NULL,  -- SHA-256
    period                 text        NOT NULL,  -- YYYY-MM
    period_start           timestamptz NOT NULL,  -- included
    period_end             timestamptz NOT NULL,  -- not included
    directory              text        NOT NULL,  -- SHA-256 of all customers, accounts and assignments
    mode                   text        NOT NULL,  -- by_usage_time or one_per_user
    rounding               text        NOT NULL,  -- half-up or half-even
    places                 integer     NOT NULL,  -- decimal places of an aggregate
    max_age_seconds        integer     NOT NULL,  -- an assignment that was last confirmed longer ago is stale
    unreadable_amounts     integer     NOT NULL,  -- rejects that no total can hold
    outside_period         integer     NOT NULL,  -- lines whose use began in another period
    after_deactivation     integer     NOT NULL,  -- lines of accounts that had been deactivated
    CONSTRAINT billing_run_pk PRIMARY KEY (run_id)
);

-- When a run was made; again with the same result whenever nothing had changed.
CREATE TABLE billing_run_made (
    entry_id               uuid        NOT NULL,  -- UUIDv7: its order is the order of making
    run_id                 text        NOT NULL,  -- which run
    period                 text        NOT NULL,  -- YYYY-MM
    made_at                timestamptz NOT NULL,  -- when
    CONSTRAINT billing_run_made_pk PRIMARY KEY (entry_id)
);

-- The files a run counted.
CREATE TABLE billing_run_file (
    run_id                 text        NOT NULL,  -- which run
    sha256         text        NOT NULL,
    layout                 text        NOT NULL,  -- name, version and hash of the layout
    CONSTRAINT billing_run_file_pk PRIMARY KEY (run_id, sha256)
);

-- What one user owes on one cost centre in one currency and period.
CREATE TABLE aggregate (
    run_id                 text        NOT NULL,  -- which run
    customer_id            text        NOT NULL,  -- who is invoiced
    sequencenumber         text        NOT NULL,  -- the cost centre
    user_key               text        NOT NULL,  -- the user in the application's words
    currency               text        NOT NULL,  -- ISO 4217 code
    exact                  numeric     NOT NULL,  -- sum of the lines, unrounded
    total                  numeric     NOT NULL,  -- exact, rounded once
    line_count             integer     NOT NULL,  -- lines added up
    CONSTRAINT aggregate_pk PRIMARY KEY (run_id, customer_id, sequencenumber, user_key, currency)
);

-- The proof for a run: charged + suspended = file_total, to the last digit.
CREATE TABLE billing_run_control (
    run_id                 text        NOT NULL,  -- which run
    currency               text        NOT NULL,  -- ISO 4217 code
    file_total             numeric     NOT NULL,  -- all lines and readable rejects
    charged                numeric     NOT NULL,  -- sum of the exact aggregates
    suspended              numeric     NOT NULL,  -- sum of the suspense
    rounded                numeric     NOT NULL,  -- sum of the rounded aggregates
    CONSTRAINT billing_run_control_pk PRIMARY KEY (run_id, currency)
);

-- How many lines waited in suspense in a run.
CREATE TABLE billing_run_suspense (
    run_id                 text        NOT NULL,  -- which run
    reason                 text        NOT NULL,  -- unknown_external_id, no_customer, bad_row
    lines                  integer     NOT NULL,  -- how many
    CONSTRAINT billing_run_suspense_pk PRIMARY KEY (run_id, reason)
);

-- Assignments a run relied on although nobody had confirmed them for too long.
CREATE TABLE billing_run_stale (
    run_id                 text        NOT NULL,  -- which run
    service                text        NOT NULL,  -- the bridge operator, for example pgi
    external_id            text        NOT NULL,  -- the id that its CDRs carry
    number                 integer     NOT NULL,  -- which assignment of the account
    seen_at                timestamptz NOT NULL,  -- when it was last confirmed
    missing_since          timestamptz,           -- when a login no longer carried it
    last_use               timestamptz NOT NULL,  -- start of the last line that relied on it
    line_count             integer     NOT NULL,  -- lines added up
    CONSTRAINT billing_run_stale_pk PRIMARY KEY (run_id, service, external_id, number)
);

-- Periods that were closed on a run, or opened again. The latest entry of a period is in force.
CREATE TABLE billing_closing (
    entry_id               uuid        NOT NULL,  -- UUIDv7
    period                 text        NOT NULL,  -- YYYY-MM
    period_start           timestamptz NOT NULL,  -- included
    period_end             timestamptz NOT NULL,  -- not included
    act                    text        NOT NULL,  -- close or reopen
    at                     timestamptz NOT NULL,  -- when
    actor                  text        NOT NULL,  -- who
    reason                 text        NOT NULL,  -- why
    run_id                 text,                  -- close: the run whose aggregates are final
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
                   AND c.kind = 'confirmed' ORDER BY c.change_no DESC LIMIT 1), o.seen_at) AS seen_at,  -- when somebody last said so
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

-- What nobody can be asked to pay for yet. A line leaves it as soon as its account and customer are known.
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

-- ---------------------------------------------------------------------------------------------------------------
-- Which migration the schema is at; the service refuses to start on any other.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,  -- number of the last migration
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('0004');
