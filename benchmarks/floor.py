"""The floor: what PostgreSQL itself takes, driven by pgbench with the rows that the contenders send.

pgbench has no UUIDs; ids are made of a counter in each client, so that they ascend as the contenders' do.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.envelopes import records
from benchmarks.load import Load
from tests.running import postgresql_programs
from usage_service.record import UsageRecord

COUNT = "\\set number :number + 1\n\\set block :number + :client_id * 1000000\n"
FIRST_NUMBER = "number=10000000"
RECORD_COLUMNS = "record_id, received_at, record_time, code, global_transaction_id, service, event_type, host, source"
PROPERTY_COLUMNS = "record_id, position, name, value"

SINGLE = """\
WITH made AS (
    SELECT '00000000-0000-7000-8000-' || lpad((:block)::text, 12, '0') AS id),
record AS (
    INSERT INTO usage_record ({columns})
    SELECT id::uuid, now(), '{record.record_time}', {record.code}, id, {service}, {event_type}, 'pgbench', 'soap'
    FROM made RETURNING record_id)
INSERT INTO usage_property (record_id, position, name, value)
SELECT record_id, position - 1, name, value
FROM record, unnest(ARRAY[{names}], ARRAY[{values}]) WITH ORDINALITY AS p (name, value, position);
"""
"""The statement that the peers use, prepared."""

MANY = """\
BEGIN;
INSERT INTO usage_record ({record_columns}) VALUES {records};
INSERT INTO usage_property ({property_columns}) VALUES {properties};
COMMIT;
"""


def drive_pgbench(url: str, folder: Path, connections: int, seconds: float, rows: int = 1) -> Load:
    """Insert `rows` records in each transaction: one prepared, or many in the text of a statement."""
    seconds = max(1, round(seconds))
    with tempfile.TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        (scratch / "insert.sql").write_text(COUNT + (_single() if rows == 1 else _many(rows)))
        subprocess.run(
            _command(url, connections, seconds, "prepared" if rows == 1 else "simple"),
            cwd=scratch,
            check=True,
            capture_output=True,
        )
        latencies = sorted(_latencies(scratch))
    return Load(
        records=len(latencies) * rows,
        refused=0,
        broken=0,
        seconds=seconds,
        p50=_percentile(latencies, 50),
        p99=_percentile(latencies, 99),
    )


def _percentile(ascending: list[int], percent: int) -> float:
    """In milliseconds; 0 when nothing was done in time."""
    return ascending[len(ascending) * percent // 100] / 1e3 if ascending else 0.0


def _command(url: str, connections: int, seconds: int, protocol: str) -> list[str]:
    address = urlsplit(url)
    command = [str(postgresql_programs() / "pgbench"), "--no-vacuum", "--jobs", "1", "--log", "--define", FIRST_NUMBER]
    command += ["-h", str(address.hostname), "-p", str(address.port), "-U", str(address.username)]
    command += ["--client", str(connections), "--time", str(seconds), "--protocol", protocol]
    return [*command, "--file", "insert.sql", address.path[1:]]


def _latencies(folder: Path) -> Iterator[int]:
    """Microseconds of every transaction: the third column of pgbench's log."""
    for log in folder.glob("pgbench_log.*"):
        with log.open() as lines:
            yield from (int(line.split()[2]) for line in lines)


def _single() -> str:
    (record,) = records(1)
    names, values = (", ".join(_quoted(pair[part]) for pair in record.properties) for part in (0, 1))
    service, event_type = _quoted(record.service), _quoted(record.event_type)
    return SINGLE.format(
        columns=RECORD_COLUMNS, record=record, service=service, event_type=event_type, names=names, values=values
    )


def _many(rows: int) -> str:
    group = [(f":block-0000-7000-8000-{step:012}", record) for step, record in enumerate(records(rows))]
    return MANY.format(
        record_columns=RECORD_COLUMNS,
        property_columns=PROPERTY_COLUMNS,
        records=",".join(_record_row(record_id, record) for record_id, record in group),
        properties=",".join(
            f"('{record_id}',{position},{_quoted(name)},{_quoted(value)})"
            for record_id, record in group
            for position, (name, value) in enumerate(record.properties)
        ),
    )


def _record_row(record_id: str, record: UsageRecord) -> str:
    texts = map(_quoted, (record_id, record.service, record.event_type, "pgbench", record.source))
    return f"('{record_id}',now(),'{record.record_time}',{record.code},{','.join(texts)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
