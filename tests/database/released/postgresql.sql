--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: servicedata_pair(text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.servicedata_pair(name text, value text, escaping text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN escaping = 'raw' THEN name || '=' || value
    ELSE replace(replace(replace(replace(replace(name, '%', '%25'), ';', '%3B'), E'\r', '%0D'), E'\n', '%0A'), '=', '%3D')
         || '=' ||
         replace(replace(replace(replace(value, '%', '%25'), ';', '%3B'), E'\r', '%0D'), E'\n', '%0A')
    END
$$;


--
-- Name: servicedata_segments(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.servicedata_segments(record uuid) RETURNS TABLE(segment integer, servicedata text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
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


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: usage_record; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_record (
    record_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    record_time timestamp with time zone NOT NULL,
    code integer NOT NULL,
    global_transaction_id text NOT NULL,
    service text NOT NULL,
    event_type text NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    requester text,
    principal text,
    caller_address text,
    header_transaction_id text,
    header_service_id text,
    remarks text
);


--
-- Name: usage_as_of(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.usage_as_of(instant timestamp with time zone) RETURNS SETOF public.usage_record
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT r.* FROM usage_record r
    WHERE r.received_at <= instant
      AND NOT EXISTS (SELECT 1 FROM usage_adjustment a WHERE a.record_id = r.record_id AND a.adjusted_at <= instant)
$$;


--
-- Name: aggregate; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.aggregate (
    run_id text NOT NULL,
    customer_id text NOT NULL,
    sequencenumber text NOT NULL,
    user_key text NOT NULL,
    currency text NOT NULL,
    exact numeric NOT NULL,
    total numeric NOT NULL,
    line_count integer NOT NULL
);


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: billing_closing; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_closing (
    entry_id uuid NOT NULL,
    period text NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    act text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    run_id text
);


--
-- Name: billing_run; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run (
    run_id text NOT NULL,
    period text NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    directory text NOT NULL,
    mode text NOT NULL,
    rounding text NOT NULL,
    places integer NOT NULL,
    max_age_seconds integer NOT NULL,
    unreadable_amounts integer NOT NULL,
    outside_period integer NOT NULL,
    after_deactivation integer NOT NULL
);


--
-- Name: billing_run_control; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run_control (
    run_id text NOT NULL,
    currency text NOT NULL,
    file_total numeric NOT NULL,
    charged numeric NOT NULL,
    suspended numeric NOT NULL,
    rounded numeric NOT NULL
);


--
-- Name: billing_run_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run_file (
    run_id text NOT NULL,
    sha256 text NOT NULL,
    layout text NOT NULL
);


--
-- Name: billing_run_made; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run_made (
    entry_id uuid NOT NULL,
    run_id text NOT NULL,
    period text NOT NULL,
    made_at timestamp with time zone NOT NULL
);


--
-- Name: billing_run_stale; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run_stale (
    run_id text NOT NULL,
    service text NOT NULL,
    external_id text NOT NULL,
    number integer NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    missing_since timestamp with time zone,
    last_use timestamp with time zone NOT NULL,
    line_count integer NOT NULL
);


--
-- Name: billing_run_suspense; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.billing_run_suspense (
    run_id text NOT NULL,
    reason text NOT NULL,
    lines integer NOT NULL
);


--
-- Name: call_claim; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.call_claim (
    kind text NOT NULL,
    address_key text NOT NULL,
    event text NOT NULL,
    subscription_id uuid NOT NULL
);


--
-- Name: call_notice; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.call_notice (
    notice_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    endpoint text NOT NULL,
    call_id text NOT NULL,
    from_tag text NOT NULL,
    "position" integer NOT NULL,
    event text NOT NULL,
    leg integer NOT NULL,
    caller text NOT NULL,
    called text NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    round integer NOT NULL,
    attempts integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    first_sent_at timestamp with time zone,
    last_error text,
    settled_at timestamp with time zone,
    CONSTRAINT call_notice_state CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text])))
);


--
-- Name: call_state; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.call_state (
    call_id text NOT NULL,
    from_tag text NOT NULL,
    state text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    settle_at timestamp with time zone
);


--
-- Name: call_subscription; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.call_subscription (
    subscription_id uuid NOT NULL,
    kind text NOT NULL,
    correlator text NOT NULL,
    endpoint text NOT NULL,
    interface_name text NOT NULL,
    addresses text NOT NULL,
    events text NOT NULL,
    callback text NOT NULL,
    requester text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);


--
-- Name: cdr_line; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cdr_line (
    file_sha256 text NOT NULL,
    row_no integer NOT NULL,
    row_hash text NOT NULL,
    service text NOT NULL,
    external_id text NOT NULL,
    start_at timestamp with time zone NOT NULL,
    end_at timestamp with time zone,
    amount numeric NOT NULL,
    currency text NOT NULL,
    conference_id text,
    minutes numeric,
    quantity numeric,
    participant text,
    calling_number text,
    called_number text,
    access_type text,
    billing_code text,
    tax numeric,
    rate numeric,
    raw text NOT NULL,
    remarks text NOT NULL
);


--
-- Name: cdr_posting; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cdr_posting (
    file_sha256 text NOT NULL,
    row_no integer NOT NULL,
    number integer NOT NULL,
    record_id uuid,
    customer_id text NOT NULL,
    sequencenumber text NOT NULL,
    user_key text NOT NULL,
    posted_at timestamp with time zone NOT NULL
);


--
-- Name: cdr_reject; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cdr_reject (
    file_sha256 text NOT NULL,
    row_no integer NOT NULL,
    reject_id uuid NOT NULL,
    reason text NOT NULL,
    amount numeric,
    currency text,
    raw text NOT NULL
);


--
-- Name: usage_period; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_period (
    entry_id uuid NOT NULL,
    service text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    closed boolean NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT usage_period_span CHECK ((starts_at < ends_at))
);


--
-- Name: closed_period; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.closed_period AS
 SELECT latest.service,
    latest.starts_at,
    latest.ends_at,
    latest.entered_at AS closed_at,
    latest.actor,
    latest.reason
   FROM ( SELECT DISTINCT ON (usage_period.service, usage_period.starts_at, usage_period.ends_at) usage_period.entry_id,
            usage_period.service,
            usage_period.starts_at,
            usage_period.ends_at,
            usage_period.closed,
            usage_period.entered_at,
            usage_period.actor,
            usage_period.reason
           FROM public.usage_period
          ORDER BY usage_period.service, usage_period.starts_at, usage_period.ends_at, usage_period.entry_id DESC) latest
  WHERE latest.closed;


--
-- Name: cost_centre_change; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cost_centre_change (
    service text NOT NULL,
    external_id text NOT NULL,
    change_no integer NOT NULL,
    kind text NOT NULL,
    number integer,
    sequencenumber text,
    valid_from timestamp with time zone,
    valid_to timestamp with time zone,
    source text,
    evidence text,
    seen_at timestamp with time zone,
    missing_since timestamp with time zone,
    actor text,
    reason text,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT cost_centre_change_kind CHECK ((kind = ANY (ARRAY['opened'::text, 'closed'::text, 'confirmed'::text, 'missed'::text, 'backdated'::text])))
);


--
-- Name: cost_centre_assignment; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.cost_centre_assignment AS
 SELECT o.service,
    o.external_id,
    o.number,
    o.sequencenumber,
    o.valid_from,
    COALESCE(( SELECT c.valid_to
           FROM public.cost_centre_change c
          WHERE ((c.service = o.service) AND (c.external_id = o.external_id) AND (c.number = o.number) AND (c.kind = 'closed'::text))
          ORDER BY c.change_no DESC
         LIMIT 1), o.valid_to) AS valid_to,
    o.source,
    o.evidence,
    COALESCE(( SELECT c.seen_at
           FROM public.cost_centre_change c
          WHERE ((c.service = o.service) AND (c.external_id = o.external_id) AND (c.number = o.number) AND (c.kind = 'confirmed'::text))
          ORDER BY c.change_no DESC
         LIMIT 1), o.seen_at) AS seen_at,
    ( SELECT c.missing_since
           FROM public.cost_centre_change c
          WHERE ((c.service = o.service) AND (c.external_id = o.external_id) AND (c.number = o.number) AND (c.kind = ANY (ARRAY['opened'::text, 'confirmed'::text, 'missed'::text])))
          ORDER BY c.change_no DESC
         LIMIT 1) AS missing_since
   FROM public.cost_centre_change o
  WHERE (o.kind = 'opened'::text);


--
-- Name: import_begun; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_begun (
    sha256 text NOT NULL,
    name text NOT NULL,
    layout text NOT NULL,
    sheet text NOT NULL,
    period text NOT NULL,
    corrects text,
    begun_at timestamp with time zone NOT NULL
);


--
-- Name: import_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_file (
    sha256 text NOT NULL,
    imported_at timestamp with time zone NOT NULL,
    rows integer NOT NULL,
    corrects text
);


--
-- Name: current_cdr_line; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.current_cdr_line AS
 SELECT b.period,
    l.file_sha256,
    l.row_no,
    l.row_hash,
    l.service,
    l.external_id,
    l.start_at,
    l.end_at,
    l.amount,
    l.currency,
    l.conference_id,
    l.minutes,
    l.quantity,
    l.participant,
    l.calling_number,
    l.called_number,
    l.access_type,
    l.billing_code,
    l.tax,
    l.rate,
    l.raw,
    l.remarks
   FROM ((public.cdr_line l
     JOIN public.import_file f ON ((f.sha256 = l.file_sha256)))
     JOIN public.import_begun b ON ((b.sha256 = l.file_sha256)))
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.import_file later
          WHERE (later.corrects = l.file_sha256))));


--
-- Name: customer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.customer (
    customer_id text NOT NULL,
    version integer NOT NULL,
    default_sequencenumber text NOT NULL,
    currency text NOT NULL,
    entity_ids text NOT NULL,
    scopes text NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);


--
-- Name: current_customer; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.current_customer AS
 SELECT c.customer_id,
    c.version,
    c.default_sequencenumber,
    c.currency,
    c.entity_ids,
    c.scopes,
    c.recorded_at
   FROM public.customer c
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.customer later
          WHERE ((later.customer_id = c.customer_id) AND (later.version > c.version)))));


--
-- Name: service_account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.service_account (
    service text NOT NULL,
    external_id text NOT NULL,
    version integer NOT NULL,
    user_key text NOT NULL,
    customer_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    recorded_at timestamp with time zone NOT NULL
);


--
-- Name: current_service_account; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.current_service_account AS
 SELECT a.service,
    a.external_id,
    a.version,
    a.user_key,
    a.customer_id,
    a.created_at,
    a.deactivated_at,
    a.recorded_at
   FROM public.service_account a
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.service_account later
          WHERE ((later.service = a.service) AND (later.external_id = a.external_id) AND (later.version > a.version)))));


--
-- Name: genesys_call; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_call (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    first_session text NOT NULL COLLATE pg_catalog."C",
    first_number bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    created_session text COLLATE pg_catalog."C",
    created_number bigint,
    created_at timestamp with time zone,
    ended_session text COLLATE pg_catalog."C",
    ended_number bigint,
    ended_at timestamp with time zone,
    merged_into text COLLATE pg_catalog."C",
    merged_session text COLLATE pg_catalog."C",
    merged_number bigint,
    merged_at timestamp with time zone,
    revision bigint NOT NULL,
    settled_revision bigint NOT NULL
);


--
-- Name: genesys_conn_id; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_conn_id (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    conn_id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: genesys_interaction_call; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_interaction_call (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    interaction_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    server_name text NOT NULL COLLATE pg_catalog."C",
    inferred boolean NOT NULL
);


--
-- Name: g_call; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.g_call AS
 SELECT c.call_uuid AS callid,
    c.merged_into AS mergecallid,
    ( SELECT min(i.conn_id) AS min
           FROM public.genesys_conn_id i
          WHERE ((i.call_uuid = c.call_uuid) AND (i.server = c.server))) AS connid,
    p.interaction_id AS irid,
    p.server_name AS servername,
    COALESCE(c.created_at, c.first_at) AS created,
    c.ended_at AS terminated
   FROM (public.genesys_call c
     LEFT JOIN public.genesys_interaction_call p ON (((p.call_uuid = c.call_uuid) AND (p.server = c.server))));


--
-- Name: genesys_link_side; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_link_side (
    link_id text NOT NULL COLLATE pg_catalog."C",
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    current_call_uuid text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    remote_location text NOT NULL COLLATE pg_catalog."C",
    first_number bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    removed boolean NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: g_is_link; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.g_is_link AS
 SELECT s.link_id AS linkid,
    s.current_call_uuid AS callid,
        CASE s.role
            WHEN 'source'::text THEN 2
            WHEN 'target'::text THEN 3
            ELSE 0
        END AS islinktype,
    s.remote_location AS remotelocation,
        CASE s.state
            WHEN 'complete'::text THEN 1
            WHEN 'waiting'::text THEN 0
            ELSE 3
        END AS state,
    s.first_at AS initiated,
    s.first_number AS gsys_ext_vch1
   FROM public.genesys_link_side s;


--
-- Name: genesys_link_history; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_link_history (
    link_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    change text NOT NULL COLLATE pg_catalog."C",
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL
);


--
-- Name: g_is_link_history; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.g_is_link_history AS
 SELECT h.link_id AS linkid,
    h."position" AS seq,
        CASE h.change
            WHEN 'added'::text THEN 1
            WHEN 'moved'::text THEN 2
            WHEN 'removed'::text THEN 3
            ELSE 0
        END AS changetype,
    h.call_uuid AS callid,
    h.changed_at AS added
   FROM public.genesys_link_history h;


--
-- Name: genesys_attribute; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_attribute (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL,
    session text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    stated_at timestamp with time zone NOT NULL
);


--
-- Name: genesys_interaction; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_interaction (
    interaction_id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    final boolean NOT NULL,
    calls integer NOT NULL,
    problems integer NOT NULL,
    as_of timestamp with time zone NOT NULL,
    due_at timestamp with time zone
);


--
-- Name: genesys_link_list; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_link_list (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    session text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    listed_at timestamp with time zone NOT NULL,
    complete boolean NOT NULL
);


--
-- Name: genesys_listed_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_listed_link (
    call_uuid text NOT NULL COLLATE pg_catalog."C",
    server text NOT NULL COLLATE pg_catalog."C",
    session text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    link_id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    remote_location text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: genesys_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_log (
    log text NOT NULL COLLATE pg_catalog."C",
    "position" text NOT NULL,
    read_at timestamp with time zone NOT NULL
);


--
-- Name: genesys_reject; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_reject (
    digest text NOT NULL COLLATE pg_catalog."C",
    reject_id uuid NOT NULL
);


--
-- Name: genesys_usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.genesys_usage (
    service text NOT NULL COLLATE pg_catalog."C",
    once_key text NOT NULL COLLATE pg_catalog."C",
    call_uuid text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: import_total; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.import_total (
    sha256 text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL
);


--
-- Name: once_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.once_key (
    service text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    record_id uuid NOT NULL,
    content_digest text NOT NULL COLLATE pg_catalog."C",
    used_at timestamp with time zone NOT NULL
);


--
-- Name: pexip_decision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_decision (
    decided_at timestamp with time zone NOT NULL,
    request text NOT NULL,
    service_tag text,
    participant_uuid text,
    call_uuid text,
    refused boolean NOT NULL,
    reason text NOT NULL,
    call_tag text,
    parameters text NOT NULL
);


--
-- Name: pexip_epoch; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_epoch (
    source text NOT NULL COLLATE pg_catalog."C",
    opened_at timestamp with time zone NOT NULL,
    highest bigint NOT NULL,
    missing bigint NOT NULL,
    repeated bigint NOT NULL,
    latest_at timestamp with time zone NOT NULL
);


--
-- Name: pexip_event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_event (
    event_id bigint NOT NULL,
    sink text NOT NULL,
    node text NOT NULL,
    seq bigint,
    event_time timestamp with time zone,
    event text NOT NULL,
    subject text,
    received_at timestamp with time zone NOT NULL,
    reason text,
    body bytea NOT NULL
);


--
-- Name: pexip_event_event_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pexip_event ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pexip_event_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pexip_finding; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_finding (
    found_at timestamp with time zone NOT NULL,
    row_id text NOT NULL,
    usage_key text NOT NULL,
    verdict text NOT NULL,
    differences text NOT NULL
);


--
-- Name: pexip_history_row; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_history_row (
    kind text NOT NULL COLLATE pg_catalog."C",
    row_id text NOT NULL COLLATE pg_catalog."C",
    read_at timestamp with time zone NOT NULL,
    reason text,
    body bytea NOT NULL
);


--
-- Name: pexip_hole; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_hole (
    source text NOT NULL COLLATE pg_catalog."C",
    opened_at timestamp with time zone NOT NULL,
    first_number bigint NOT NULL,
    last_number bigint NOT NULL,
    after_time timestamp with time zone,
    before_time timestamp with time zone NOT NULL,
    reconciled_at timestamp with time zone
);


--
-- Name: pexip_inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_inbox (
    inbox_id bigint NOT NULL,
    sink text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    caller_address text,
    body bytea NOT NULL
);


--
-- Name: pexip_inbox_inbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pexip_inbox ALTER COLUMN inbox_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pexip_inbox_inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: usage_adjustment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_adjustment (
    record_id uuid NOT NULL,
    replacement_id uuid,
    adjusted_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason_code text NOT NULL,
    reason text NOT NULL
);


--
-- Name: usage_current; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.usage_current AS
 SELECT r.record_id,
    r.received_at,
    r.record_time,
    r.code,
    r.global_transaction_id,
    r.service,
    r.event_type,
    r.host,
    r.source,
    r.requester,
    r.principal,
    r.caller_address,
    r.header_transaction_id,
    r.header_service_id,
    r.remarks
   FROM public.usage_record r
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.usage_adjustment a
          WHERE (a.record_id = r.record_id))));


--
-- Name: usage_property; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_property (
    record_id uuid NOT NULL,
    "position" smallint NOT NULL,
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: pexip_leg; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.pexip_leg AS
 SELECT r.record_id,
    r.source,
    r.record_time AS ended_at,
    max(
        CASE
            WHEN (p.name = 'serviceTag'::text) THEN p.value
            ELSE NULL::text
        END) AS service_tag,
    max(
        CASE
            WHEN (p.name = 'callTag'::text) THEN p.value
            ELSE NULL::text
        END) AS call_tag,
    max(
        CASE
            WHEN (p.name = 'callTagTrust'::text) THEN p.value
            ELSE NULL::text
        END) AS call_tag_trust,
    max(
        CASE
            WHEN (p.name = 'systemLocation'::text) THEN p.value
            ELSE NULL::text
        END) AS location,
    max(
        CASE
            WHEN (p.name = 'mediaNode'::text) THEN p.value
            ELSE NULL::text
        END) AS node,
    max(
        CASE
            WHEN (p.name = 'conference'::text) THEN p.value
            ELSE NULL::text
        END) AS conference,
    max(
        CASE
            WHEN (p.name = 'participantUuid'::text) THEN p.value
            ELSE NULL::text
        END) AS participant_uuid,
    max(
        CASE
            WHEN (p.name = 'protocol'::text) THEN p.value
            ELSE NULL::text
        END) AS protocol,
    (max(
        CASE
            WHEN (p.name = 'durationSeconds'::text) THEN p.value
            ELSE NULL::text
        END))::bigint AS seconds
   FROM (public.usage_current r
     JOIN public.usage_property p ON ((p.record_id = r.record_id)))
  WHERE (r.service = 'PEXIP_PARTICIPANT'::text)
  GROUP BY r.record_id, r.source, r.record_time;


--
-- Name: pexip_node_silence; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.pexip_node_silence AS
 SELECT pexip_event.sink,
    pexip_event.node,
    count(*) AS events,
    max(pexip_event.event_time) AS last_event_at,
    max(pexip_event.received_at) AS last_received_at
   FROM public.pexip_event
  WHERE (pexip_event.node <> ''::text)
  GROUP BY pexip_event.sink, pexip_event.node;


--
-- Name: pexip_piece; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_piece (
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    state bytea NOT NULL,
    saved_at timestamp with time zone NOT NULL
);


--
-- Name: pexip_piece_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_piece_key (
    kind text NOT NULL COLLATE pg_catalog."C",
    field text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: pexip_progress; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_progress (
    name text NOT NULL COLLATE pg_catalog."C",
    reached_at timestamp with time zone,
    reached_id bigint
);


--
-- Name: pexip_sequence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_sequence (
    sink text NOT NULL COLLATE pg_catalog."C",
    node text NOT NULL COLLATE pg_catalog."C",
    state bytea NOT NULL
);


--
-- Name: pexip_untold; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_untold (
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL
);


--
-- Name: pexip_usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pexip_usage (
    usage_key text NOT NULL COLLATE pg_catalog."C",
    revision integer NOT NULL,
    record_id uuid,
    record bytea,
    service_tag text COLLATE pg_catalog."C",
    ended_at timestamp with time zone,
    seconds bigint,
    told_at timestamp with time zone NOT NULL,
    refused text,
    settled boolean NOT NULL
);


--
-- Name: pexip_usage_by_call_tag; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.pexip_usage_by_call_tag AS
 SELECT to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text) AS month,
    pexip_leg.source,
    pexip_leg.call_tag,
    pexip_leg.call_tag_trust,
    count(*) AS legs,
    sum(pexip_leg.seconds) AS seconds
   FROM public.pexip_leg
  GROUP BY (to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text)), pexip_leg.source, pexip_leg.call_tag, pexip_leg.call_tag_trust;


--
-- Name: pexip_usage_by_location; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.pexip_usage_by_location AS
 SELECT to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text) AS month,
    pexip_leg.source,
    pexip_leg.location,
    count(*) AS legs,
    sum(pexip_leg.seconds) AS seconds
   FROM public.pexip_leg
  GROUP BY (to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text)), pexip_leg.source, pexip_leg.location;


--
-- Name: pexip_usage_by_service_tag; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.pexip_usage_by_service_tag AS
 SELECT to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text) AS month,
    pexip_leg.source,
    pexip_leg.service_tag,
    count(*) AS legs,
    sum(pexip_leg.seconds) AS seconds
   FROM public.pexip_leg
  GROUP BY (to_char((pexip_leg.ended_at AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text)), pexip_leg.source, pexip_leg.service_tag;


--
-- Name: servicedata_format; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.servicedata_format (
    only_row boolean DEFAULT true NOT NULL,
    escaping text DEFAULT 'minimal'::text NOT NULL,
    limit_bytes integer DEFAULT 4000 NOT NULL,
    CONSTRAINT servicedata_format_escaping CHECK ((escaping = ANY (ARRAY['minimal'::text, 'raw'::text]))),
    CONSTRAINT servicedata_format_limit CHECK ((limit_bytes >= 4)),
    CONSTRAINT servicedata_format_one_row CHECK (only_row)
);


--
-- Name: source_sequence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.source_sequence (
    source text NOT NULL COLLATE pg_catalog."C",
    epoch text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    record_id uuid
);


--
-- Name: source_completeness; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.source_completeness AS
 SELECT source_sequence.source,
    source_sequence.epoch,
    LEAST((1)::bigint, min(source_sequence.number)) AS first_number,
    max(source_sequence.number) AS last_number,
    count(DISTINCT source_sequence.number) AS seen,
    (((max(source_sequence.number) - LEAST((1)::bigint, min(source_sequence.number))) + 1) - count(DISTINCT source_sequence.number)) AS missing,
    (count(*) - count(DISTINCT source_sequence.number)) AS repeated,
    max(source_sequence.seen_at) AS last_seen_at
   FROM public.source_sequence
  GROUP BY source_sequence.source, source_sequence.epoch
UNION ALL
 SELECT pexip_epoch.source,
    to_char((pexip_epoch.opened_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS.MS'::text) AS epoch,
    1 AS first_number,
    pexip_epoch.highest AS last_number,
    (pexip_epoch.highest - pexip_epoch.missing) AS seen,
    pexip_epoch.missing,
    pexip_epoch.repeated,
    pexip_epoch.latest_at AS last_seen_at
   FROM public.pexip_epoch;


--
-- Name: source_gap; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.source_gap AS
 SELECT numbered.source,
    numbered.epoch,
    (numbered.previous + 1) AS from_number,
    (numbered.number - 1) AS to_number
   FROM ( SELECT source_sequence.source,
            source_sequence.epoch,
            source_sequence.number,
            lag(source_sequence.number, 1, LEAST((0)::bigint, (source_sequence.number - 1))) OVER (PARTITION BY source_sequence.source, source_sequence.epoch ORDER BY source_sequence.number) AS previous
           FROM public.source_sequence) numbered
  WHERE (numbered.number > (numbered.previous + 1))
UNION ALL
 SELECT pexip_hole.source,
    to_char((pexip_hole.opened_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS.MS'::text) AS epoch,
    pexip_hole.first_number AS from_number,
    pexip_hole.last_number AS to_number
   FROM public.pexip_hole;


--
-- Name: suspense; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.suspense AS
 SELECT l.period,
    l.file_sha256,
    l.row_no,
    l.service,
    l.external_id,
    l.amount,
    l.currency,
        CASE
            WHEN (a.service IS NULL) THEN 'unknown_external_id'::text
            ELSE 'no_customer'::text
        END AS reason,
    l.raw
   FROM ((public.current_cdr_line l
     LEFT JOIN public.current_service_account a ON (((a.service = l.service) AND (a.external_id = l.external_id))))
     LEFT JOIN public.current_customer c ON ((c.customer_id = a.customer_id)))
  WHERE (c.customer_id IS NULL)
UNION ALL
 SELECT b.period,
    r.file_sha256,
    r.row_no,
    NULL::text AS service,
    NULL::text AS external_id,
    r.amount,
    r.currency,
    'bad_row'::text AS reason,
    r.raw
   FROM ((public.cdr_reject r
     JOIN public.import_file f ON ((f.sha256 = r.file_sha256)))
     JOIN public.import_begun b ON ((b.sha256 = r.file_sha256)))
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.import_file later
          WHERE (later.corrects = r.file_sha256))));


--
-- Name: usage_late; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.usage_late AS
 SELECT r.record_id,
    r.received_at,
    r.record_time,
    r.code,
    r.global_transaction_id,
    r.service,
    r.event_type,
    r.host,
    r.source,
    r.requester,
    r.principal,
    r.caller_address,
    r.header_transaction_id,
    r.header_service_id,
    r.remarks,
    p.closed_at
   FROM (public.usage_record r
     JOIN public.closed_period p ON ((((p.service = ''::text) OR (p.service = r.service)) AND (r.record_time >= p.starts_at) AND (r.record_time < p.ends_at) AND (r.received_at > p.closed_at))));


--
-- Name: usage_reject; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_reject (
    reject_id uuid NOT NULL,
    rejected_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    message_id text NOT NULL,
    field text,
    reason text NOT NULL,
    content_type text,
    caller_address text,
    principal text,
    body_bytes integer NOT NULL,
    body bytea NOT NULL
);


--
-- Name: usage_reject_replay; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_reject_replay (
    reject_id uuid NOT NULL,
    replayed_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    record_id uuid,
    reason text
);


--
-- Name: usagerecords; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.usagerecords AS
 SELECT (r.record_id)::character varying(127) AS recordid,
    s.segment,
    (r.global_transaction_id)::character varying(127) AS globalid,
    (r.service)::character varying(127) AS service,
    (r.host)::character varying(250) AS host,
    (r.event_type)::character varying(250) AS eventtype,
    ((r.record_time AT TIME ZONE 'UTC'::text))::timestamp(3) without time zone AS recordtime,
    r.code AS statuscode,
    s.servicedata,
    (floor((EXTRACT(epoch FROM r.record_time) * (1000)::numeric)))::bigint AS recordtime_ms
   FROM (public.usage_record r
     CROSS JOIN LATERAL public.servicedata_segments(r.record_id) s(segment, servicedata));


--
-- Data for Name: aggregate; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.aggregate VALUES ('ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', 'KTH', '20', 'anna', 'SEK', 150.15, 150.15, 2);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0006');


--
-- Data for Name: billing_closing; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: billing_run; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.billing_run VALUES ('ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', '2012-10', '2012-10-01 00:00:00+00', '2012-11-01 00:00:00+00', '90e52e8d7604be301111359107a47ccfe2020f6d55639116fc16e38d6bc728ac', 'by_usage_time', 'half-up', 2, 7776000, 0, 0, 0);


--
-- Data for Name: billing_run_control; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.billing_run_control VALUES ('ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', 'SEK', 155.15, 150.15, 5.00, 150.15);


--
-- Data for Name: billing_run_file; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.billing_run_file VALUES ('ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', 'd34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 'pgi/1+96d32b310d9e');


--
-- Data for Name: billing_run_made; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.billing_run_made VALUES ('01a21ca0-f9c9-70e1-b0ca-6fa851d0fb5a', 'ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', '2012-10', '2026-11-27 10:50:41.456234+00');
INSERT INTO public.billing_run_made VALUES ('01a21ca0-ff68-77e4-bdfc-aa23c50bc26a', 'ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', '2012-10', '2026-11-27 10:50:42.900317+00');


--
-- Data for Name: billing_run_stale; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: billing_run_suspense; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.billing_run_suspense VALUES ('ad36adde95fe2da2c1b0cd79460da862d33aa7420219d29f3e39cf8c3bac7b90', 'unknown_external_id', 1);


--
-- Data for Name: call_claim; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.call_claim VALUES ('call_notification', 'tel:+4681', 'CalledNumber', '01a21ca1-00a9-7092-b2ad-5421ddd05cca');
INSERT INTO public.call_claim VALUES ('call_notification', 'tel:+4681', 'Busy', '01a21ca1-00a9-7092-b2ad-5421ddd05cca');
INSERT INTO public.call_claim VALUES ('call_notification', 'tel:+4681', 'NotReachable', '01a21ca1-00a9-7092-b2ad-5421ddd05cca');
INSERT INTO public.call_claim VALUES ('call_notification', 'tel:+4681', 'NoAnswer', '01a21ca1-00a9-7092-b2ad-5421ddd05cca');
INSERT INTO public.call_claim VALUES ('call_notification', 'tel:+4681', 'Answer', '01a21ca1-00a9-7092-b2ad-5421ddd05cca');
INSERT INTO public.call_claim VALUES ('call_direction', 'tel:+4682', 'CalledNumber', '01a21ca1-00bb-70c0-bb58-9ceec7f764a0');
INSERT INTO public.call_claim VALUES ('call_direction', 'tel:+4682', 'Busy', '01a21ca1-00bb-70c0-bb58-9ceec7f764a0');
INSERT INTO public.call_claim VALUES ('call_direction', 'tel:+4682', 'NotReachable', '01a21ca1-00bb-70c0-bb58-9ceec7f764a0');
INSERT INTO public.call_claim VALUES ('call_direction', 'tel:+4682', 'NoAnswer', '01a21ca1-00bb-70c0-bb58-9ceec7f764a0');


--
-- Data for Name: call_notice; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.call_notice VALUES ('01a21ca1-00c4-7684-91d0-2381882a25b7', '01a21ca1-00a9-7092-b2ad-5421ddd05cca', 'http://127.0.0.1:9/notified', 'old-call', '31538a1', 0, 'CalledNumber', 1, 'tel:+4681111', 'tel:+4681', '2026-11-20 23:20:43.376635+00', 'failed', 1, 1, '2026-11-27 10:50:43.294697+00', '2026-11-27 10:50:43.271845+00', 'the application cannot be reached: ConnectionError', '2026-11-27 10:50:43.294697+00');
INSERT INTO public.call_notice VALUES ('01a21ca1-00d1-74c3-af3b-1f81472e94c4', '01a21ca1-00a9-7092-b2ad-5421ddd05cca', 'http://127.0.0.1:9/notified', 'old-call', '31538a1', 1, 'Busy', 1, 'tel:+4681111', 'tel:+4681', '2026-11-20 23:20:43.376635+00', 'failed', 1, 1, '2026-11-27 10:50:43.302584+00', '2026-11-27 10:50:43.296016+00', 'the application cannot be reached: ConnectionError', '2026-11-27 10:50:43.302584+00');


--
-- Data for Name: call_state; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.call_state VALUES ('old-call', '31538a1', '{"caller": "tel:+4681111", "called": "tel:+4681", "invited": "2026-11-20T23:20:43.376635+00:00", "outcomes": {"1": ["Busy", "2026-11-20T23:20:43.376635+00:00"]}, "disconnected": null, "given": 2, "settled": false}', '2026-11-27 10:50:43.273994+00', NULL);


--
-- Data for Name: call_subscription; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.call_subscription VALUES ('01a21ca1-00a9-7092-b2ad-5421ddd05cca', 'call_notification', 'old-CallNotification', 'http://127.0.0.1:9/notified', 'CallNotification', '["tel:+4681"]', '["Answer", "Busy", "CalledNumber", "NoAnswer", "NotReachable"]', 'v3_2', 'anonymous', '2026-11-27 10:50:43.241383+00', NULL);
INSERT INTO public.call_subscription VALUES ('01a21ca1-00bb-70c0-bb58-9ceec7f764a0', 'call_direction', 'old-CallDirection', 'http://127.0.0.1:9/notified', 'CallDirection', '["tel:+4682"]', '["Busy", "CalledNumber", "NoAnswer", "NotReachable"]', 'v3_2', 'anonymous', '2026-11-27 10:50:43.259127+00', NULL);


--
-- Data for Name: cdr_line; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cdr_line VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 2, 'ae1b5f48084039b796ad0af893378b41553179c032bb038f9a2bf5f450de952a', 'pgi', '0012345', '2012-10-04 22:00:00+00', NULL, 100.10, 'SEK', 'C1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"Client ID": "0012345", "Date": "2012-10-05", "Amount": "100.10", "Conf ID": "C1"}', '[]');
INSERT INTO public.cdr_line VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 3, '0819381f9e94e1d1800002bc9e43cfff7db90b4cd2a1cbddad0bc8997edbb807', 'pgi', '0012345', '2012-10-19 22:00:00+00', NULL, 50.05, 'SEK', 'C2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"Client ID": "0012345", "Date": "2012-10-20", "Amount": "50.05", "Conf ID": "C2"}', '[]');
INSERT INTO public.cdr_line VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 4, '2c0a51bbd5a04fbbac3ea7ef0efd6abf710a534ca830823bfa9c25f96c51aea8', 'pgi', '999', '2012-10-07 22:00:00+00', NULL, 5.00, 'SEK', 'C4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"Client ID": "999", "Date": "2012-10-08", "Amount": "5.00", "Conf ID": "C4"}', '[]');


--
-- Data for Name: cdr_posting; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cdr_posting VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 2, 1, '01a21ca0-f9bb-7048-9db3-8f61a5866870', 'KTH', '20', 'anna', '2026-11-27 10:50:41.456234+00');
INSERT INTO public.cdr_posting VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 3, 1, '01a21ca0-f9bb-7048-9db3-8f61a5866871', 'KTH', '20', 'anna', '2026-11-27 10:50:41.456234+00');


--
-- Data for Name: cdr_reject; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: cost_centre_change; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cost_centre_change VALUES ('pgi', '0012345', 1, 'backdated', NULL, NULL, '2012-10-01 00:00:00+00', NULL, NULL, NULL, NULL, NULL, 'a', 'r', '2026-11-27 10:50:39.957966+00');
INSERT INTO public.cost_centre_change VALUES ('pgi', '0012345', 2, 'opened', 1, '20', '2012-10-01 00:00:00+00', NULL, 'manual', 'command line', '2026-11-27 10:50:39.954949+00', NULL, NULL, NULL, '2026-11-27 10:50:39.957966+00');


--
-- Data for Name: customer; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.customer VALUES ('KTH', 1, '10', 'SEK', '[]', '[]', '2026-11-27 10:50:37.171252+00');


--
-- Data for Name: genesys_attribute; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: genesys_call; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_call VALUES ('00RP30KH7088L1IC08GB82LAES000317', '', '', 358182, '2012-10-29 14:41:00.54048+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO public.genesys_call VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185464, '2012-10-29 14:41:00.495558+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO public.genesys_call VALUES ('00RP30KH7088L1IC08GB82LAES00031D', '', '', 358236, '2012-10-29 14:41:02.96746+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);


--
-- Data for Name: genesys_conn_id; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_conn_id VALUES ('00RP30KH7088L1IC08GB82LAES000317', '', '009a021843038407');
INSERT INTO public.genesys_conn_id VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '009a021843038407');
INSERT INTO public.genesys_conn_id VALUES ('00RP30KH7088L1IC08GB82LAES00031D', '', '009a021843038407');


--
-- Data for Name: genesys_interaction; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_interaction VALUES ('00RP30KH7088L1IC08GB82LAES000317', '2012-10-29 14:41:00.54048+00', false, 3, 0, '1970-01-01 00:00:00+00', NULL);


--
-- Data for Name: genesys_interaction_call; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_interaction_call VALUES ('00RP30KH7088L1IC08GB82LAES000317', '', '00RP30KH7088L1IC08GB82LAES000317', 0, 'Tserver2', true);
INSERT INTO public.genesys_interaction_call VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '00RP30KH7088L1IC08GB82LAES000317', 1, 'SIPServer1', true);
INSERT INTO public.genesys_interaction_call VALUES ('00RP30KH7088L1IC08GB82LAES00031D', '', '00RP30KH7088L1IC08GB82LAES000317', 2, 'Tserver2', true);


--
-- Data for Name: genesys_link_history; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_link_history VALUES ('00RP30KH7088L1IC08GB82LAES000316', 0, 'added', '00RP30KH7088L1IC08GB82LAES000317', '', 358182, '2012-10-29 14:41:00.54048+00');
INSERT INTO public.genesys_link_history VALUES ('00RP30KH7088L1IC08GB82LAES000316', 1, 'added', '01AE904GK088LFQD2CGB02LAES0000EP', '', 185464, '2012-10-29 14:41:00.495558+00');
INSERT INTO public.genesys_link_history VALUES ('00EBGH4GK488LFQD2CGB02LAES0007J5', 0, 'added', '01AE904GK088LFQD2CGB02LAES0000EP', '', 185539, '2012-10-29 14:41:03.546558+00');
INSERT INTO public.genesys_link_history VALUES ('00EBGH4GK488LFQD2CGB02LAES0007J5', 1, 'added', '00RP30KH7088L1IC08GB82LAES00031D', '', 358236, '2012-10-29 14:41:02.96746+00');


--
-- Data for Name: genesys_link_list; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_link_list VALUES ('00RP30KH7088L1IC08GB82LAES000317', '', '', 358182, '2012-10-29 14:41:00.54048+00', true);
INSERT INTO public.genesys_link_list VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185464, '2012-10-29 14:41:00.495558+00', true);
INSERT INTO public.genesys_link_list VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185539, '2012-10-29 14:41:03.546558+00', true);
INSERT INTO public.genesys_link_list VALUES ('00RP30KH7088L1IC08GB82LAES00031D', '', '', 358236, '2012-10-29 14:41:02.96746+00', true);


--
-- Data for Name: genesys_link_side; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_link_side VALUES ('00EBGH4GK488LFQD2CGB02LAES0007J5', '00RP30KH7088L1IC08GB82LAES00031D', '', '00RP30KH7088L1IC08GB82LAES00031D', 'target', 'SIPServer1@SIP_Switch1', 358236, '2012-10-29 14:41:02.96746+00', false, 'complete');
INSERT INTO public.genesys_link_side VALUES ('00EBGH4GK488LFQD2CGB02LAES0007J5', '01AE904GK088LFQD2CGB02LAES0000EP', '', '01AE904GK088LFQD2CGB02LAES0000EP', 'source', 'Tserver2@Avaya_Switch1', 185539, '2012-10-29 14:41:03.546558+00', false, 'complete');
INSERT INTO public.genesys_link_side VALUES ('00RP30KH7088L1IC08GB82LAES000316', '00RP30KH7088L1IC08GB82LAES000317', '', '00RP30KH7088L1IC08GB82LAES000317', 'source', 'SIPServer1@SIP_Switch1', 358182, '2012-10-29 14:41:00.54048+00', false, 'complete');
INSERT INTO public.genesys_link_side VALUES ('00RP30KH7088L1IC08GB82LAES000316', '01AE904GK088LFQD2CGB02LAES0000EP', '', '01AE904GK088LFQD2CGB02LAES0000EP', 'target', 'Tserver2@Avaya_Switch1', 185464, '2012-10-29 14:41:00.495558+00', false, 'complete');


--
-- Data for Name: genesys_listed_link; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_listed_link VALUES ('00RP30KH7088L1IC08GB82LAES000317', '', '', 358182, '00RP30KH7088L1IC08GB82LAES000316', 'source', 'SIPServer1@SIP_Switch1');
INSERT INTO public.genesys_listed_link VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185464, '00RP30KH7088L1IC08GB82LAES000316', 'target', 'Tserver2@Avaya_Switch1');
INSERT INTO public.genesys_listed_link VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185539, '00EBGH4GK488LFQD2CGB02LAES0007J5', 'source', 'Tserver2@Avaya_Switch1');
INSERT INTO public.genesys_listed_link VALUES ('01AE904GK088LFQD2CGB02LAES0000EP', '', '', 185539, '00RP30KH7088L1IC08GB82LAES000316', 'target', 'Tserver2@Avaya_Switch1');
INSERT INTO public.genesys_listed_link VALUES ('00RP30KH7088L1IC08GB82LAES00031D', '', '', 358236, '00EBGH4GK488LFQD2CGB02LAES0007J5', 'target', 'SIPServer1@SIP_Switch1');


--
-- Data for Name: genesys_log; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.genesys_log VALUES ('/tmp/base/tests/sources/genesys/data/islinks.log', '{"identity": [65024, 2264586, 1024, "7fed844dd14445664673f51229016bc9f8fea94b4de14d5b434083fae1c97ddc"], "file": "/tmp/base/tests/sources/genesys/data/islinks.log", "offset": 1865, "carry": "QDA5OjQxOjAyLjk2NzQgWzBdIDguMS4wMDEuMDUgZGlzdHJpYnV0ZSBjYWxsL3BhcnR5IGV2ZW50OiBtZXNzYWdlIEV2ZW50Q2FsbERhdGFDaGFuZ2VkCglBdHRyaWJ1dGVFdmVudFNlcXVlbmNlTnVtYmVyCTAwMDAwMDAwMDAwNTc3NWMKCUF0dHJpYnV0ZVRpbWVTdGFtcAk1MDhlOTU3ZTAwMGVjMzI0CglBdHRyaWJ1dGVDb25uSUQJMDA5YTAyMTg0MzAzODQwNwoJQXR0cmlidXRlQ2FsbFVVSUQJJzAwUlAzMEtINzA4OEwxSUMwOEdCODJMQUVTMDAwMzFEJwoJQXR0cmlidXRlSVNMaW5rTGlzdAlbMTA4XSAwMCAwMSAwMyAwMC4uCgkJJzAwRUJHSDRHSzQ4OExGUUQyQ0dCMDJMQUVTMDAwN0o1JyhsaXN0KSAnbG9jYXRpb24tbmFtZScJJ1NJUFNlcnZlcjFAU0lQX1N3aXRjaDEnCgkJCSdkaXJlY3Rpb24tcm9sZScJJ3RhcmdldCcK", "carried_from": ["/tmp/base/tests/sources/genesys/data/islinks.log", 1451], "head": null, "server": "", "session": "", "anchor": "2012-10-29T14:41:03.546558+00:00", "utc_offset": -14400.0}', '2026-11-27 10:50:35.656944+00');


--
-- Data for Name: genesys_reject; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: genesys_usage; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: import_begun; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.import_begun VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 'october.csv', 'pgi/1+96d32b310d9e', 'csv', '2012-10', NULL, '2026-11-27 10:50:41.440606+00');


--
-- Data for Name: import_file; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.import_file VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', '2026-11-27 10:50:41.440606+00', 3, NULL);


--
-- Data for Name: import_total; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.import_total VALUES ('d34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070', 'SEK', 155.15);


--
-- Data for Name: once_key; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.once_key VALUES ('OLD', 'key:old-key', '01a21ca0-c241-75f1-9b19-a3c356447b4b', '0952ebf66acd1485904df24b2e66f33b', '2026-11-27 10:50:27.265664+00');
INSERT INTO public.once_key VALUES ('BATCH', 'key:batch-key-0', '01a21ca0-c258-7467-8098-3cf28bcbf50f', '27aeaaa7ac9aac95de34c0bf664e59bc', '2026-11-27 10:50:27.291351+00');
INSERT INTO public.once_key VALUES ('BATCH', 'key:batch-key-1', '01a21ca0-c258-7467-8098-3cf28bcbf510', 'e64bec284119056b4d717c9454632cb6', '2026-11-27 10:50:27.291426+00');
INSERT INTO public.once_key VALUES ('BATCH', 'key:batch-key-2', '01a21ca0-c258-7467-8098-3cf28bcbf511', 'a4590bbf30d79ded3c1ec552f4b45922', '2026-11-27 10:50:27.29143+00');
INSERT INTO public.once_key VALUES ('BATCH', 'key:batch-key-3', '01a21ca0-c258-7467-8098-3cf28bcbf512', 'e823ab188b2f76e069f6069445984118', '2026-11-27 10:50:27.291446+00');
INSERT INTO public.once_key VALUES ('PEXIP_PARTICIPANT', 'pexip:test:participant:ended', '01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 'a026ceff86acad562ded9beb198d182e', '2026-11-27 10:50:33.120994+00');
INSERT INTO public.once_key VALUES ('pgi', 'd34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070:2', '01a21ca0-f9bb-7048-9db3-8f61a5866870', '42a59cc0b403d737ba62bf46f2deb569', '2026-11-27 10:50:41.469447+00');
INSERT INTO public.once_key VALUES ('pgi', 'd34a59892e6bed8d38bb19567c60659718085d236a65e7a280c6c137de4c1070:3', '01a21ca0-f9bb-7048-9db3-8f61a5866871', 'a16e5c44e8088e6b88eac2903d9cbf22', '2026-11-27 10:50:41.4695+00');
INSERT INTO public.once_key VALUES ('PX21_CN_IMS', 'notice:01a21ca1-00c4-7684-91d0-2381882a25b7:1:Sending', '01a21ca1-00cd-755d-8e5e-5e20f3f335b8', '996d2dc910cd4947f217400ac57874a9', '2026-11-27 10:50:43.279224+00');
INSERT INTO public.once_key VALUES ('PX21_CN_IMS', 'notice:01a21ca1-00c4-7684-91d0-2381882a25b7:1:Failed', '01a21ca1-00dd-74bb-a1bb-85bc552dce49', 'd3aad4ff517a572ec40523501e277820', '2026-11-27 10:50:43.29432+00');
INSERT INTO public.once_key VALUES ('PX21_CN_IMS', 'notice:01a21ca1-00d1-74c3-af3b-1f81472e94c4:1:Sending', '01a21ca1-00e3-73cf-ad04-255ee618e92c', '60bfa313f02c48cc4c25a3ca84c828dc', '2026-11-27 10:50:43.300339+00');
INSERT INTO public.once_key VALUES ('PX21_CN_IMS', 'notice:01a21ca1-00d1-74c3-af3b-1f81472e94c4:1:Failed', '01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', '1a2d39bd84a6b36ff9b634f7e0c3772e', '2026-11-27 10:50:43.302302+00');


--
-- Data for Name: pexip_decision; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pexip_epoch; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_epoch VALUES ('pexip:test/main/n1', '2026-03-02 12:00:00+00', 5, 2, 0, '2026-03-02 12:01:00+00');


--
-- Data for Name: pexip_event; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_event OVERRIDING SYSTEM VALUE VALUES (1, 'main', 'n1', 1, '2026-03-02 12:00:00+00', 'participant_connected', 'leg-1', '2026-11-27 10:50:33.046248+00', NULL, '\x7b226576656e74223a20227061727469636970616e745f636f6e6e6563746564222c20226e6f6465223a20226e31222c2022736571223a20312c202276657273696f6e223a20322c202274696d65223a20313737323435323830302c202264617461223a207b2275756964223a20226c65672d31222c202263616c6c5f6964223a20226c65672d31222c2022636f6e766572736174696f6e5f6964223a20226c65672d31222c2022636f6e666572656e6365223a2022526f6f6d222c2022736572766963655f74797065223a2022636f6e666572656e6365222c2022736572766963655f746167223a202261636d65222c202270726f746f636f6c223a2022534950222c20226861735f6d65646961223a20747275652c2022636f6e6e6563745f74696d65223a20313737323435323830307d7d');
INSERT INTO public.pexip_event OVERRIDING SYSTEM VALUE VALUES (2, 'main', 'n1', 2, '2026-03-02 12:00:00+00', 'participant_connected', 'ended', '2026-11-27 10:50:33.050246+00', NULL, '\x7b226576656e74223a20227061727469636970616e745f636f6e6e6563746564222c20226e6f6465223a20226e31222c2022736571223a20322c202276657273696f6e223a20322c202274696d65223a20313737323435323830302c202264617461223a207b2275756964223a2022656e646564222c202263616c6c5f6964223a2022656e646564222c2022636f6e766572736174696f6e5f6964223a2022656e646564222c2022636f6e666572656e6365223a2022526f6f6d222c2022736572766963655f74797065223a2022636f6e666572656e6365222c2022736572766963655f746167223a202261636d65222c202270726f746f636f6c223a2022534950222c20226861735f6d65646961223a20747275652c2022636f6e6e6563745f74696d65223a20313737323435323830307d7d');
INSERT INTO public.pexip_event OVERRIDING SYSTEM VALUE VALUES (3, 'main', 'n1', 5, '2026-03-02 12:01:00+00', 'participant_disconnected', 'ended', '2026-11-27 10:50:33.052344+00', NULL, '\x7b226576656e74223a20227061727469636970616e745f646973636f6e6e6563746564222c20226e6f6465223a20226e31222c2022736571223a20352c202276657273696f6e223a20322c202274696d65223a20313737323435323836302c202264617461223a207b2275756964223a2022656e646564222c202263616c6c5f6964223a2022656e646564222c2022636f6e766572736174696f6e5f6964223a2022656e646564222c2022636f6e666572656e6365223a2022526f6f6d222c2022736572766963655f74797065223a2022636f6e666572656e6365222c2022736572766963655f746167223a202261636d65222c202270726f746f636f6c223a2022534950222c20226861735f6d65646961223a20747275652c2022636f6e6e6563745f74696d65223a20313737323435323830302c2022656e645f74696d65223a20313737323435323836302c20226475726174696f6e223a2036307d7d');


--
-- Data for Name: pexip_finding; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pexip_history_row; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pexip_hole; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_hole VALUES ('pexip:test/main/n1', '2026-03-02 12:00:00+00', 3, 4, '2026-03-02 12:00:00+00', '2026-03-02 12:01:00+00', NULL);


--
-- Data for Name: pexip_inbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pexip_piece; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_piece VALUES ('leg', 'ended', '\x7b2275756964223a22656e646564222c2273686f776e223a7b2275756964223a22656e646564222c2263616c6c5f6964223a22656e646564222c22636f6e766572736174696f6e5f6964223a22656e646564222c2272656c617465645f7575696473223a6e756c6c2c2263616c6c5f746167223a6e756c6c2c22736572766963655f746167223a2261636d65222c22736572766963655f74797065223a22636f6e666572656e6365222c22636f6e666572656e6365223a22526f6f6d222c2263616c6c5f646972656374696f6e223a6e756c6c2c2270726f746f636f6c223a22534950222c22726f6c65223a6e756c6c2c22736f757263655f616c696173223a6e756c6c2c2264657374696e6174696f6e5f616c696173223a6e756c6c2c22646973706c61795f6e616d65223a6e756c6c2c2272656d6f74655f61646472657373223a6e756c6c2c2276656e646f72223a6e756c6c2c22656e6372797074696f6e223a6e756c6c2c226d656469615f6e6f6465223a6e756c6c2c227369676e616c6c696e675f6e6f6465223a6e756c6c2c2270726f78795f6e6f6465223a6e756c6c2c2273797374656d5f6c6f636174696f6e223a6e756c6c2c2272785f62616e647769647468223a6e756c6c2c2274785f62616e647769647468223a6e756c6c2c226c6963656e73655f636f756e74223a6e756c6c2c226861735f6d65646961223a747275652c2269735f73747265616d696e67223a6e756c6c2c2269735f6964705f61757468656e74696361746564223a6e756c6c2c2263616c6c5f7175616c697479223a6e756c6c2c22646973636f6e6e6563745f726561736f6e223a6e756c6c2c22636f6e6e6563745f74696d65223a22323032362d30332d30325431323a30303a30305a222c22656e645f74696d65223a22323032362d30332d30325431323a30313a30305a222c226475726174696f6e223a225054363053227d2c227374616d7073223a7b2275756964223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c2263616c6c5f6964223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22636f6e766572736174696f6e5f6964223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22736572766963655f746167223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22736572766963655f74797065223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22636f6e666572656e6365223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c2270726f746f636f6c223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c226861735f6d65646961223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22636f6e6e6563745f74696d65223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c22656e645f74696d65223a5b322c22323032362d30332d30325431323a30313a30305a222c355d2c226475726174696f6e223a5b322c22323032362d30332d30325431323a30313a30305a222c355d7d2c226861645f6d65646961223a747275652c2266697273745f636f6e6e656374223a22323032362d30332d30325431323a30303a30305a222c22646973636f6e6e6563746564223a747275652c226c6173745f646973636f6e6e656374223a22323032362d30332d30325431323a30313a30305a222c2270726573656e6365223a7b22526f6f6d223a5b22323032362d30332d30325431323a30303a30305a222c22323032362d30332d30325431323a30313a30305a225d7d2c226e6f646573223a5b226e31225d2c22686973746f72795f6964223a6e756c6c7d', '2026-11-27 10:50:33.108186+00');
INSERT INTO public.pexip_piece VALUES ('leg', 'leg-1', '\x7b2275756964223a226c65672d31222c2273686f776e223a7b2275756964223a226c65672d31222c2263616c6c5f6964223a226c65672d31222c22636f6e766572736174696f6e5f6964223a226c65672d31222c2272656c617465645f7575696473223a6e756c6c2c2263616c6c5f746167223a6e756c6c2c22736572766963655f746167223a2261636d65222c22736572766963655f74797065223a22636f6e666572656e6365222c22636f6e666572656e6365223a22526f6f6d222c2263616c6c5f646972656374696f6e223a6e756c6c2c2270726f746f636f6c223a22534950222c22726f6c65223a6e756c6c2c22736f757263655f616c696173223a6e756c6c2c2264657374696e6174696f6e5f616c696173223a6e756c6c2c22646973706c61795f6e616d65223a6e756c6c2c2272656d6f74655f61646472657373223a6e756c6c2c2276656e646f72223a6e756c6c2c22656e6372797074696f6e223a6e756c6c2c226d656469615f6e6f6465223a6e756c6c2c227369676e616c6c696e675f6e6f6465223a6e756c6c2c2270726f78795f6e6f6465223a6e756c6c2c2273797374656d5f6c6f636174696f6e223a6e756c6c2c2272785f62616e647769647468223a6e756c6c2c2274785f62616e647769647468223a6e756c6c2c226c6963656e73655f636f756e74223a6e756c6c2c226861735f6d65646961223a747275652c2269735f73747265616d696e67223a6e756c6c2c2269735f6964705f61757468656e74696361746564223a6e756c6c2c2263616c6c5f7175616c697479223a6e756c6c2c22646973636f6e6e6563745f726561736f6e223a6e756c6c2c22636f6e6e6563745f74696d65223a22323032362d30332d30325431323a30303a30305a222c22656e645f74696d65223a6e756c6c2c226475726174696f6e223a6e756c6c7d2c227374616d7073223a7b2275756964223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c2263616c6c5f6964223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c22636f6e766572736174696f6e5f6964223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c22736572766963655f746167223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c22736572766963655f74797065223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c22636f6e666572656e6365223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c2270726f746f636f6c223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c226861735f6d65646961223a5b312c22323032362d30332d30325431323a30303a30305a222c315d2c22636f6e6e6563745f74696d65223a5b312c22323032362d30332d30325431323a30303a30305a222c315d7d2c226861645f6d65646961223a747275652c2266697273745f636f6e6e656374223a22323032362d30332d30325431323a30303a30305a222c22646973636f6e6e6563746564223a66616c73652c226c6173745f646973636f6e6e656374223a6e756c6c2c2270726573656e6365223a7b22526f6f6d223a5b22323032362d30332d30325431323a30303a30305a222c22323032362d30332d30325431323a30303a30305a225d7d2c226e6f646573223a5b226e31225d2c22686973746f72795f6964223a6e756c6c7d', '2026-11-27 10:50:33.108186+00');


--
-- Data for Name: pexip_piece_key; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_piece_key VALUES ('leg', 'conference', 'Room', 'ended');
INSERT INTO public.pexip_piece_key VALUES ('leg', 'conversation', 'ended', 'ended');
INSERT INTO public.pexip_piece_key VALUES ('leg', 'call', 'ended', 'ended');
INSERT INTO public.pexip_piece_key VALUES ('leg', 'conference', 'Room', 'leg-1');
INSERT INTO public.pexip_piece_key VALUES ('leg', 'conversation', 'leg-1', 'leg-1');
INSERT INTO public.pexip_piece_key VALUES ('leg', 'call', 'leg-1', 'leg-1');


--
-- Data for Name: pexip_progress; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_progress VALUES ('events', NULL, 3);


--
-- Data for Name: pexip_sequence; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_sequence VALUES ('main', 'n1', '\x7b22666f6c646564223a5b5d2c22726563656e74223a5b5b22323032362d30332d30325431323a30303a30305a222c312c66616c73655d2c5b22323032362d30332d30325431323a30303a30305a222c322c66616c73655d2c5b22323032362d30332d30325431323a30313a30305a222c352c66616c73655d5d2c2272657065617473223a302c226469736f726465726564223a307d');


--
-- Data for Name: pexip_untold; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pexip_usage; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pexip_usage VALUES ('pexip:test:participant:ended', 1, '01a21ca0-d91f-71ad-8537-7c67c2fcfc23', '\x7b22676c6f62616c5f7472616e73616374696f6e5f6964223a22656e646564222c2273657276696365223a2250455849505f5041525449434950414e54222c226576656e745f74797065223a227061727469636970616e745f646973636f6e6e6563746564222c227265636f72645f74696d65223a22323032362d30332d30325431323a30313a30305a222c22636f6465223a302c2270726f70657274696573223a5b5b2273657276696365546167222c2261636d65225d2c5b2263616c6c546167222c22225d2c5b22636f6e666572656e6365222c22526f6f6d225d2c5b227365727669636554797065222c22636f6e666572656e6365225d2c5b226475726174696f6e5365636f6e6473222c223630225d2c5b22737461727454696d65222c22323032362d30332d30325431323a30303a30302e3030302b30303a3030225d2c5b22656e6454696d65222c22323032362d30332d30325431323a30313a30302e3030302b30303a3030225d2c5b227061727469636970616e7455756964222c22656e646564225d2c5b2263616c6c4964222c22656e646564225d2c5b22636f6e766572736174696f6e4964222c22656e646564225d2c5b2270726f746f636f6c222c22534950225d5d2c22736f75726365223a2270657869703a74657374222c22726571756573746572223a6e756c6c2c227072696e636970616c223a6e756c6c2c2263616c6c65725f61646472657373223a6e756c6c2c226865616465725f7472616e73616374696f6e5f6964223a6e756c6c2c226865616465725f736572766963655f6964223a6e756c6c2c2272656d61726b73223a5b5d2c226f6e63655f6b6579223a2270657869703a746573743a7061727469636970616e743a656e646564222c2273657175656e6365223a6e756c6c7d', 'acme', '2026-03-02 12:01:00+00', 60, '2026-11-27 10:50:33.121508+00', NULL, false);


--
-- Data for Name: service_account; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.service_account VALUES ('pgi', '0012345', 1, 'anna', 'KTH', '2026-11-27 10:50:38.570968+00', NULL, '2026-11-27 10:50:38.570968+00');


--
-- Data for Name: servicedata_format; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.servicedata_format VALUES (true, 'minimal', 4000);


--
-- Data for Name: source_sequence; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.source_sequence VALUES ('node-1', 'boot', 1, '2026-11-27 10:50:27.261922+00', '01a21ca0-c23a-75c3-823a-d729e6766e28');
INSERT INTO public.source_sequence VALUES ('node-1', 'boot', 2, '2026-11-27 10:50:27.263607+00', '01a21ca0-c23f-754f-ac82-47c3988fb1a7');
INSERT INTO public.source_sequence VALUES ('node-1', 'boot', 5, '2026-11-27 10:50:27.264671+00', '01a21ca0-c240-72db-ba78-ee4cb14ee722');
INSERT INTO public.source_sequence VALUES ('sip:as1', '1795216000.000001', 7, '2026-11-27 10:50:43.269982+00', NULL);
INSERT INTO public.source_sequence VALUES ('sip:as1', '1795216000.000001', 7, '2026-11-27 10:50:43.284896+00', NULL);


--
-- Data for Name: usage_adjustment; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_adjustment VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf50f', NULL, '2026-11-27 10:50:28.390336+00', 'auditor', 'TEST', 'an old row');
INSERT INTO public.usage_adjustment VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf510', '01a21ca0-cc49-765c-a3c0-62a4cf314f86', '2026-11-27 10:50:29.835387+00', 'auditor', 'TEST', 'x');


--
-- Data for Name: usage_period; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_period VALUES ('01a21ca0-d1ce-7027-8a23-7a8862c0df73', '', '2011-09-01 00:00:00+00', '2011-10-01 00:00:00+00', true, '2026-11-27 10:50:31.246823+00', 'auditor', 'audited');
INSERT INTO public.usage_period VALUES ('01a21ca0-d75a-7573-a19c-50d41be5388d', '', '2011-01-01 00:00:00+00', '2012-01-01 00:00:00+00', true, '2026-11-27 10:50:32.666819+00', 'auditor', 'audited');


--
-- Data for Name: usage_property; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_property VALUES ('01a21ca0-c241-75f1-9b19-a3c356447b4b', 0, 'NAME', 'välue');
INSERT INTO public.usage_property VALUES ('01a21ca0-c242-7422-a280-867a460065e6', 0, 'NAME', 'välue');
INSERT INTO public.usage_property VALUES ('01a21ca0-c244-7430-8e99-490cb4be1143', 0, 'NAME', 'välue');
INSERT INTO public.usage_property VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf50f', 0, 'SECONDS', '0');
INSERT INTO public.usage_property VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf510', 0, 'SECONDS', '1');
INSERT INTO public.usage_property VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf511', 0, 'SECONDS', '2');
INSERT INTO public.usage_property VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf512', 0, 'SECONDS', '3');
INSERT INTO public.usage_property VALUES ('01a21ca0-cc49-765c-a3c0-62a4cf314f86', 0, 'SECONDS', '11');
INSERT INTO public.usage_property VALUES ('01a21ca0-cd94-7075-afb2-56b5dc9fdb2c', 0, 'SECONDS', '9');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 0, 'serviceTag', 'acme');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 1, 'callTag', '');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 2, 'conference', 'Room');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 3, 'serviceType', 'conference');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 4, 'durationSeconds', '60');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 5, 'startTime', '2026-03-02T12:00:00.000+00:00');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 6, 'endTime', '2026-03-02T12:01:00.000+00:00');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 7, 'participantUuid', 'ended');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 8, 'callId', 'ended');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 9, 'conversationId', 'ended');
INSERT INTO public.usage_property VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', 10, 'protocol', 'SIP');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 0, 'subject', '0012345');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 1, 'user', 'anna');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 2, 'customerId', 'KTH');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 3, 'userTag', '20');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 4, 'conferenceId', 'C1');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 5, 'start', '2012-10-04T22:00:00+00:00');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 6, 'amount', '100.10');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 7, 'currency', 'SEK');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 8, 'trust', 'supplier');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 9, 'sheet', 'csv');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 10, 'layout', 'pgi/1+96d32b310d9e');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', 11, 'raw', '{"Client ID": "0012345", "Date": "2012-10-05", "Amount": "100.10", "Conf ID": "C1"}');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 0, 'subject', '0012345');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 1, 'user', 'anna');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 2, 'customerId', 'KTH');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 3, 'userTag', '20');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 4, 'conferenceId', 'C2');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 5, 'start', '2012-10-19T22:00:00+00:00');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 6, 'amount', '50.05');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 7, 'currency', 'SEK');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 8, 'trust', 'supplier');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 9, 'sheet', 'csv');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 10, 'layout', 'pgi/1+96d32b310d9e');
INSERT INTO public.usage_property VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', 11, 'raw', '{"Client ID": "0012345", "Date": "2012-10-20", "Amount": "50.05", "Conf ID": "C2"}');
INSERT INTO public.usage_property VALUES ('01a21ca1-00af-7790-833d-a652c904c697', 0, 'REQUESTER', 'anonymous');
INSERT INTO public.usage_property VALUES ('01a21ca1-00af-7790-833d-a652c904c697', 1, 'METHOD', 'startCallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00af-7790-833d-a652c904c697', 2, 'CORRELATOR', 'old-CallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00af-7790-833d-a652c904c697', 3, 'CALLED_PARTY', 'tel:+4681');
INSERT INTO public.usage_property VALUES ('01a21ca1-00af-7790-833d-a652c904c697', 4, 'CALL_EVENTS', 'called_number,busy,not_reachable,no_answer,answer');
INSERT INTO public.usage_property VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', 0, 'REQUESTER', 'anonymous');
INSERT INTO public.usage_property VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', 1, 'METHOD', 'startCallDirectionNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', 2, 'CORRELATOR', 'old-CallDirection');
INSERT INTO public.usage_property VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', 3, 'CALLED_PARTY', 'tel:+4682');
INSERT INTO public.usage_property VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', 4, 'CALL_EVENTS', 'called_number,busy,not_reachable,no_answer');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 0, 'CALL_NOTIFICATION', 'Sending');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 1, 'CORRELATOR', 'old-CallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 2, 'CALLER', 'tel:+4681111');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 3, 'CALLED_PARTY', 'tel:+4681');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 4, 'NETWORK_EVENT', 'NotifyCalledNumber');
INSERT INTO public.usage_property VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', 5, 'CALL_ID', 'old-call');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 0, 'CALL_NOTIFICATION', 'Failed');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 1, 'CORRELATOR', 'old-CallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 2, 'CALLER', 'tel:+4681111');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 3, 'CALLED_PARTY', 'tel:+4681');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 4, 'NETWORK_EVENT', 'NotifyCalledNumber');
INSERT INTO public.usage_property VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', 5, 'CALL_ID', 'old-call');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 0, 'CALL_NOTIFICATION', 'Sending');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 1, 'CORRELATOR', 'old-CallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 2, 'CALLER', 'tel:+4681111');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 3, 'CALLED_PARTY', 'tel:+4681');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 4, 'NETWORK_EVENT', 'NotifyBusy');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', 5, 'CALL_ID', 'old-call');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 0, 'CALL_NOTIFICATION', 'Failed');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 1, 'CORRELATOR', 'old-CallNotification');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 2, 'CALLER', 'tel:+4681111');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 3, 'CALLED_PARTY', 'tel:+4681');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 4, 'NETWORK_EVENT', 'NotifyBusy');
INSERT INTO public.usage_property VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', 5, 'CALL_ID', 'old-call');


--
-- Data for Name: usage_record; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_record VALUES ('01a21ca0-c23a-75c3-823a-d729e6766e28', '2026-11-27 10:50:27.261634+00', '2012-10-29 14:41:00.54+00', 0, 'n1', 'OLD', 'StartCall', 'usage-1', 'node-1', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c23f-754f-ac82-47c3988fb1a7', '2026-11-27 10:50:27.263576+00', '2012-10-29 14:41:00.54+00', 0, 'n2', 'OLD', 'StartCall', 'usage-1', 'node-1', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c240-72db-ba78-ee4cb14ee722', '2026-11-27 10:50:27.26464+00', '2012-10-29 14:41:00.54+00', 0, 'n5', 'OLD', 'StartCall', 'usage-1', 'node-1', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c241-75f1-9b19-a3c356447b4b', '2026-11-27 10:50:27.265776+00', '2012-10-29 14:41:00.54+00', 0, 'keyed', 'OLD', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c242-7422-a280-867a460065e6', '2026-11-27 10:50:27.267331+00', '2012-10-29 14:41:00.54+00', 0, 'plain', 'OLD', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c244-7430-8e99-490cb4be1143', '2026-11-27 10:50:27.268564+00', '2012-10-29 14:41:00.54+00', 0, 'to-void', 'OLD', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf50f', '2026-11-27 10:50:27.291463+00', '2012-10-29 14:41:00.54+00', 0, 'batch-0', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf510', '2026-11-27 10:50:27.291554+00', '2012-10-29 14:41:00.54+00', 0, 'batch-1', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf511', '2026-11-27 10:50:27.291559+00', '2012-10-29 14:41:00.54+00', 0, 'batch-2', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-c258-7467-8098-3cf28bcbf512', '2026-11-27 10:50:27.291562+00', '2012-10-29 14:41:00.54+00', 0, 'batch-3', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-cc49-765c-a3c0-62a4cf314f86', '2026-11-27 10:50:29.833598+00', '2012-10-29 14:41:00.54+00', 0, 'batch-1', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-cd94-7075-afb2-56b5dc9fdb2c', '2026-11-27 10:50:30.165514+00', '2011-09-25 14:41:00.54+00', 0, 'of-a-closed-period', 'BATCH', 'StartCall', 'usage-1', 'soap', NULL, NULL, '127.0.0.1', NULL, NULL, 'unknown_service');
INSERT INTO public.usage_record VALUES ('01a21ca0-d91f-71ad-8537-7c67c2fcfc23', '2026-11-27 10:50:33.121026+00', '2026-03-02 12:01:00+00', 0, 'ended', 'PEXIP_PARTICIPANT', 'participant_disconnected', 'usage-1', 'pexip:test', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866870', '2026-11-27 10:50:41.469566+00', '2012-10-04 22:00:00+00', 0, 'C1', 'pgi', 'conferenceCharge', 'usage-1', 'pgi', 'anna', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca0-f9bb-7048-9db3-8f61a5866871', '2026-11-27 10:50:41.469673+00', '2012-10-19 22:00:00+00', 0, 'C2', 'pgi', 'conferenceCharge', 'usage-1', 'pgi', 'anna', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00af-7790-833d-a652c904c697', '2026-11-27 10:50:43.247121+00', '2026-11-27 10:50:43.241437+00', 0, 'e661d381-0a5d-472b-8a05-c082b4dbcaf7', 'PX21_CN_IMS', 'StartCallNotification', 'usage-1', 'call_notification', 'anonymous', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00bd-745c-9bf8-b7453c2ec01e', '2026-11-27 10:50:43.261472+00', '2026-11-27 10:50:43.259166+00', 0, '25023673-bef8-436f-9ac4-1218073f0ed1', 'PX21_CN_IMS', 'StartCallDirectionNotification', 'usage-1', 'call_notification', 'anonymous', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00cd-755d-8e5e-5e20f3f335b8', '2026-11-27 10:50:43.279248+00', '2026-11-27 10:50:43.271845+00', 0, '01a21ca1-00c4-7684-91d0-2381882a25b7', 'PX21_CN_IMS', 'DeliverNotification', 'usage-1', 'call_notification', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00dd-74bb-a1bb-85bc552dce49', '2026-11-27 10:50:43.294347+00', '2026-11-27 10:50:43.293245+00', 1, '01a21ca1-00c4-7684-91d0-2381882a25b7', 'PX21_CN_IMS', 'DeliverNotification', 'usage-1', 'call_notification', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00e3-73cf-ad04-255ee618e92c', '2026-11-27 10:50:43.300358+00', '2026-11-27 10:50:43.296016+00', 0, '01a21ca1-00d1-74c3-af3b-1f81472e94c4', 'PX21_CN_IMS', 'DeliverNotification', 'usage-1', 'call_notification', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.usage_record VALUES ('01a21ca1-00e5-75ee-82a4-d7c8ae529cc6', '2026-11-27 10:50:43.302318+00', '2026-11-27 10:50:43.30161+00', 1, '01a21ca1-00d1-74c3-af3b-1f81472e94c4', 'PX21_CN_IMS', 'DeliverNotification', 'usage-1', 'call_notification', NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: usage_reject; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_reject VALUES ('01a21ca0-c24a-772e-9e84-42dc75ae852e', '2026-11-27 10:50:27.274955+00', 'soap', 'UREC0002E', NULL, 'serviceAttributes has 1 entries but serviceValues has 0', 'text/xml; charset=utf-8', '127.0.0.1', NULL, 488, '\x3c653a456e76656c6f706520786d6c6e733a653d27687474703a2f2f736368656d61732e786d6c736f61702e6f72672f736f61702f656e76656c6f70652f2720786d6c6e733a683d2775726e3a75736167652d736572766963653a686561646572733a7631273e3c653a4865616465723e3c2f653a4865616465723e3c653a426f64793e3c753a777269746555736167655265636f72645265717565737420786d6c6e733a753d27687474703a2f2f7777772e69626d2e636f6d2f736368656d612f747773732f7573657265632f76325f302f6c6f63616c273e3c753a676c6f62616c5472616e73616374696f6e49443e756e657175616c3c2f753a676c6f62616c5472616e73616374696f6e49443e3c753a736572766963653e4f4c443c2f753a736572766963653e3c753a6576656e74547970653e537461727443616c6c3c2f753a6576656e74547970653e3c753a7265636f726454696d653e313335313532313636303534303c2f753a7265636f726454696d653e3c753a636f64653e303c2f753a636f64653e3c753a73657276696365417474726962757465733e413c2f753a73657276696365417474726962757465733e3c2f753a777269746555736167655265636f7264526571756573743e3c2f653a426f64793e3c2f653a456e76656c6f70653e');


--
-- Data for Name: usage_reject_replay; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: pexip_event_event_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pexip_event_event_id_seq', 3, true);


--
-- Name: pexip_inbox_inbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pexip_inbox_inbox_id_seq', 3, true);


--
-- Name: aggregate aggregate_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.aggregate
    ADD CONSTRAINT aggregate_pk PRIMARY KEY (run_id, customer_id, sequencenumber, user_key, currency);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: billing_closing billing_closing_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_closing
    ADD CONSTRAINT billing_closing_pk PRIMARY KEY (entry_id);


--
-- Name: billing_run_control billing_run_control_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run_control
    ADD CONSTRAINT billing_run_control_pk PRIMARY KEY (run_id, currency);


--
-- Name: billing_run_file billing_run_file_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run_file
    ADD CONSTRAINT billing_run_file_pk PRIMARY KEY (run_id, sha256);


--
-- Name: billing_run_made billing_run_made_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run_made
    ADD CONSTRAINT billing_run_made_pk PRIMARY KEY (entry_id);


--
-- Name: billing_run billing_run_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run
    ADD CONSTRAINT billing_run_pk PRIMARY KEY (run_id);


--
-- Name: billing_run_stale billing_run_stale_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run_stale
    ADD CONSTRAINT billing_run_stale_pk PRIMARY KEY (run_id, service, external_id, number);


--
-- Name: billing_run_suspense billing_run_suspense_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.billing_run_suspense
    ADD CONSTRAINT billing_run_suspense_pk PRIMARY KEY (run_id, reason);


--
-- Name: call_claim call_claim_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_claim
    ADD CONSTRAINT call_claim_once PRIMARY KEY (kind, address_key, event);


--
-- Name: call_notice call_notice_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_notice
    ADD CONSTRAINT call_notice_once UNIQUE (subscription_id, call_id, from_tag, event, leg);


--
-- Name: call_notice call_notice_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_notice
    ADD CONSTRAINT call_notice_pk PRIMARY KEY (notice_id);


--
-- Name: call_state call_state_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_state
    ADD CONSTRAINT call_state_pk PRIMARY KEY (call_id, from_tag);


--
-- Name: call_subscription call_subscription_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.call_subscription
    ADD CONSTRAINT call_subscription_pk PRIMARY KEY (subscription_id);


--
-- Name: cdr_line cdr_line_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cdr_line
    ADD CONSTRAINT cdr_line_pk PRIMARY KEY (file_sha256, row_no);


--
-- Name: cdr_posting cdr_posting_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cdr_posting
    ADD CONSTRAINT cdr_posting_pk PRIMARY KEY (file_sha256, row_no, number);


--
-- Name: cdr_reject cdr_reject_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cdr_reject
    ADD CONSTRAINT cdr_reject_pk PRIMARY KEY (file_sha256, row_no);


--
-- Name: cost_centre_change cost_centre_change_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cost_centre_change
    ADD CONSTRAINT cost_centre_change_pk PRIMARY KEY (service, external_id, change_no);


--
-- Name: customer customer_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pk PRIMARY KEY (customer_id, version);


--
-- Name: genesys_attribute genesys_attribute_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_attribute
    ADD CONSTRAINT genesys_attribute_pk PRIMARY KEY (call_uuid, server, name);


--
-- Name: genesys_call genesys_call_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_call
    ADD CONSTRAINT genesys_call_pk PRIMARY KEY (call_uuid, server);


--
-- Name: genesys_conn_id genesys_conn_id_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_conn_id
    ADD CONSTRAINT genesys_conn_id_pk PRIMARY KEY (call_uuid, server, conn_id);


--
-- Name: genesys_interaction_call genesys_interaction_call_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_interaction_call
    ADD CONSTRAINT genesys_interaction_call_pk PRIMARY KEY (call_uuid, server);


--
-- Name: genesys_interaction genesys_interaction_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_interaction
    ADD CONSTRAINT genesys_interaction_pk PRIMARY KEY (interaction_id);


--
-- Name: genesys_link_history genesys_link_history_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_link_history
    ADD CONSTRAINT genesys_link_history_pk PRIMARY KEY (link_id, "position");


--
-- Name: genesys_link_list genesys_link_list_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_link_list
    ADD CONSTRAINT genesys_link_list_pk PRIMARY KEY (call_uuid, server, session, number);


--
-- Name: genesys_link_side genesys_link_side_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_link_side
    ADD CONSTRAINT genesys_link_side_pk PRIMARY KEY (link_id, call_uuid, server);


--
-- Name: genesys_listed_link genesys_listed_link_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_listed_link
    ADD CONSTRAINT genesys_listed_link_pk PRIMARY KEY (call_uuid, server, session, number, link_id, role, remote_location);


--
-- Name: genesys_log genesys_log_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_log
    ADD CONSTRAINT genesys_log_pk PRIMARY KEY (log);


--
-- Name: genesys_reject genesys_reject_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_reject
    ADD CONSTRAINT genesys_reject_pk PRIMARY KEY (digest);


--
-- Name: genesys_usage genesys_usage_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.genesys_usage
    ADD CONSTRAINT genesys_usage_pk PRIMARY KEY (service, once_key);


--
-- Name: import_begun import_begun_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_begun
    ADD CONSTRAINT import_begun_pk PRIMARY KEY (sha256);


--
-- Name: import_file import_file_corrected_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_file
    ADD CONSTRAINT import_file_corrected_once UNIQUE (corrects);


--
-- Name: import_file import_file_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_file
    ADD CONSTRAINT import_file_pk PRIMARY KEY (sha256);


--
-- Name: import_total import_total_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.import_total
    ADD CONSTRAINT import_total_pk PRIMARY KEY (sha256, currency);


--
-- Name: once_key once_key_used_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.once_key
    ADD CONSTRAINT once_key_used_once PRIMARY KEY (service, key);


--
-- Name: pexip_event pexip_event_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_event
    ADD CONSTRAINT pexip_event_pk PRIMARY KEY (event_id);


--
-- Name: pexip_history_row pexip_history_row_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_history_row
    ADD CONSTRAINT pexip_history_row_pk PRIMARY KEY (kind, row_id);


--
-- Name: pexip_inbox pexip_inbox_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_inbox
    ADD CONSTRAINT pexip_inbox_pk PRIMARY KEY (inbox_id);


--
-- Name: pexip_piece_key pexip_piece_key_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_piece_key
    ADD CONSTRAINT pexip_piece_key_pk PRIMARY KEY (kind, field, value, id);


--
-- Name: pexip_piece pexip_piece_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_piece
    ADD CONSTRAINT pexip_piece_pk PRIMARY KEY (kind, id);


--
-- Name: pexip_progress pexip_progress_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_progress
    ADD CONSTRAINT pexip_progress_pk PRIMARY KEY (name);


--
-- Name: pexip_sequence pexip_sequence_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_sequence
    ADD CONSTRAINT pexip_sequence_pk PRIMARY KEY (sink, node);


--
-- Name: pexip_untold pexip_untold_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_untold
    ADD CONSTRAINT pexip_untold_pk PRIMARY KEY (kind, id);


--
-- Name: pexip_usage pexip_usage_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pexip_usage
    ADD CONSTRAINT pexip_usage_pk PRIMARY KEY (usage_key);


--
-- Name: service_account service_account_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.service_account
    ADD CONSTRAINT service_account_pk PRIMARY KEY (service, external_id, version);


--
-- Name: servicedata_format servicedata_format_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.servicedata_format
    ADD CONSTRAINT servicedata_format_pk PRIMARY KEY (only_row);


--
-- Name: usage_adjustment usage_adjustment_once; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_adjustment
    ADD CONSTRAINT usage_adjustment_once PRIMARY KEY (record_id);


--
-- Name: usage_period usage_period_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_period
    ADD CONSTRAINT usage_period_pk PRIMARY KEY (entry_id);


--
-- Name: usage_property usage_property_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_property
    ADD CONSTRAINT usage_property_pk PRIMARY KEY (record_id, "position");


--
-- Name: usage_record usage_record_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_record
    ADD CONSTRAINT usage_record_pk PRIMARY KEY (record_id);


--
-- Name: usage_reject usage_reject_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_reject
    ADD CONSTRAINT usage_reject_pk PRIMARY KEY (reject_id);


--
-- Name: call_claim_by_subscription; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_claim_by_subscription ON public.call_claim USING btree (subscription_id);


--
-- Name: call_notice_dead; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_notice_dead ON public.call_notice USING btree (settled_at) WHERE (state = 'failed'::text);


--
-- Name: call_notice_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_notice_due ON public.call_notice USING btree (endpoint, due_at) WHERE (state = 'waiting'::text);


--
-- Name: call_notice_in_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_notice_in_order ON public.call_notice USING btree (subscription_id, call_id, from_tag, "position") WHERE (state = 'waiting'::text);


--
-- Name: call_state_by_change; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_state_by_change ON public.call_state USING btree (changed_at);


--
-- Name: call_state_to_settle; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX call_state_to_settle ON public.call_state USING btree (settle_at) WHERE (settle_at IS NOT NULL);


--
-- Name: call_subscription_correlator_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX call_subscription_correlator_once ON public.call_subscription USING btree (correlator) WHERE (ended_at IS NULL);


--
-- Name: cdr_line_by_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cdr_line_by_account ON public.cdr_line USING btree (service, external_id);


--
-- Name: cdr_posting_by_record; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cdr_posting_by_record ON public.cdr_posting USING btree (record_id);


--
-- Name: genesys_attribute_by_value; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_attribute_by_value ON public.genesys_attribute USING hash (value);


--
-- Name: genesys_call_by_survivor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_call_by_survivor ON public.genesys_call USING btree (merged_into) WHERE (merged_into IS NOT NULL);


--
-- Name: genesys_call_unsettled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_call_unsettled ON public.genesys_call USING btree (call_uuid) WHERE (revision <> settled_revision);


--
-- Name: genesys_conn_id_by_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_conn_id_by_id ON public.genesys_conn_id USING btree (conn_id);


--
-- Name: genesys_interaction_by_start; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_interaction_by_start ON public.genesys_interaction USING btree (started_at);


--
-- Name: genesys_interaction_call_by_interaction; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_interaction_call_by_interaction ON public.genesys_interaction_call USING btree (interaction_id);


--
-- Name: genesys_interaction_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_interaction_due ON public.genesys_interaction USING btree (due_at) WHERE (due_at IS NOT NULL);


--
-- Name: genesys_link_history_by_call; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_link_history_by_call ON public.genesys_link_history USING btree (call_uuid);


--
-- Name: genesys_link_side_by_call; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_link_side_by_call ON public.genesys_link_side USING btree (call_uuid);


--
-- Name: genesys_listed_link_by_link; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_listed_link_by_link ON public.genesys_listed_link USING btree (link_id);


--
-- Name: genesys_usage_by_call; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX genesys_usage_by_call ON public.genesys_usage USING btree (call_uuid);


--
-- Name: pexip_decision_by_call; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_decision_by_call ON public.pexip_decision USING btree (call_uuid) WHERE (call_tag IS NOT NULL);


--
-- Name: pexip_decision_by_participant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_decision_by_participant ON public.pexip_decision USING btree (participant_uuid) WHERE (call_tag IS NOT NULL);


--
-- Name: pexip_decision_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_decision_by_time ON public.pexip_decision USING btree (decided_at);


--
-- Name: pexip_epoch_by_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_epoch_by_source ON public.pexip_epoch USING btree (source);


--
-- Name: pexip_event_by_node; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_event_by_node ON public.pexip_event USING btree (sink, node, received_at);


--
-- Name: pexip_event_by_receipt; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_event_by_receipt ON public.pexip_event USING btree (received_at);


--
-- Name: pexip_event_by_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_event_by_subject ON public.pexip_event USING btree (subject);


--
-- Name: pexip_finding_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_finding_by_time ON public.pexip_finding USING btree (found_at);


--
-- Name: pexip_hole_by_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_hole_by_source ON public.pexip_hole USING btree (source);


--
-- Name: pexip_piece_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_piece_by_age ON public.pexip_piece USING btree (saved_at);


--
-- Name: pexip_piece_key_by_piece; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_piece_key_by_piece ON public.pexip_piece_key USING btree (kind, id);


--
-- Name: pexip_usage_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_usage_by_age ON public.pexip_usage USING btree (told_at) WHERE (NOT settled);


--
-- Name: pexip_usage_by_tag; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pexip_usage_by_tag ON public.pexip_usage USING btree (service_tag, ended_at) WHERE (service_tag IS NOT NULL);


--
-- Name: source_sequence_by_number; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX source_sequence_by_number ON public.source_sequence USING btree (source, epoch, number);


--
-- Name: usage_adjustment_by_replacement; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX usage_adjustment_by_replacement ON public.usage_adjustment USING btree (replacement_id) WHERE (replacement_id IS NOT NULL);


--
-- Name: usage_record_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_record_by_time ON public.usage_record USING btree (record_time);


--
-- Name: usage_record_by_transaction; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_record_by_transaction ON public.usage_record USING hash (global_transaction_id);


--
-- Name: usage_reject_replay_by_reject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_reject_replay_by_reject ON public.usage_reject_replay USING btree (reject_id);


--
-- PostgreSQL database dump complete
--


