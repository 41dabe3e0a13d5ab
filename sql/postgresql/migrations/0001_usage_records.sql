-- Usage records: common event data in one table, service-specific attributes beside it, and a view with the
-- columns that a billing mediator of the old platform expects.

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
