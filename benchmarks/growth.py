"""How cost grows: `python -m benchmarks.growth [rows] [properties] [workers]`, all three when none is named.

rows: insert rate over HTTP, and the time of the cookbook's questions, as the tables fill up from
nothing to 10 million records of six properties. properties: insert rate with 0 to 100 properties per record.
workers: insert rate with one to three worker processes. All on PostgreSQL.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import Connection, text

from benchmarks.contenders import Contender, Running, service
from benchmarks.databases import Bench, opened_bench
from benchmarks.envelopes import write_envelopes
from benchmarks.run import ENVELOPES, started
from usage_service.shipped import shipped

CONNECTIONS = 64
SIZES = (0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PROPERTY_COUNTS = (0, 1, 6, 20, 100)
WORKERS = (1, 2, 3)
BLOCK = 500_000
QUERY_REPEATS = 5
PATIENCE_MILLISECONDS = 2_000

# Records of the last thirty days, in the order of receipt: ids are UUIDv7 of their time.
FILL_RECORDS = """
INSERT INTO usage_record (record_id, received_at, record_time, code, global_transaction_id, service, event_type, host,
                          source, requester)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7000'
        || '8' || lpad(to_hex(number), 15, '0'))::uuid,
       moment, moment - random() * interval '2 seconds', (number % 20 = 0)::int,
       gen_random_uuid()::text,
       (ARRAY['PX21_TPC_IMS', 'PX21_CN_IMS', 'PX21_SMS_SMPP', 'PX21_TL_MLP'])[number % 4 + 1],
       (ARRAY['StartCall', 'EndCall', 'GetCallInformation'])[number % 3 + 1], 'bench', 'soap',
       'application-' || number % 500
FROM (SELECT number, now() - interval '30 days' + number * interval '30 days' / :planned AS moment
      FROM generate_series(CAST(:first AS bigint), :last) AS number) AS made
"""
FILL_PROPERTIES = """
INSERT INTO usage_property (record_id, position, name, value)
SELECT record_id, position, (ARRAY['REQUESTER', 'CALLER', 'CALLED_PARTY', 'CALL_STATUS', 'START_TIME',
                                   'CHARGE_DESCRIPTION'])[position + 1],
       CASE position WHEN 0 THEN requester WHEN 3 THEN 'CallConnected' WHEN 4 THEN record_time::text
                     ELSE 'sip:+4930' || substr(global_transaction_id, 1, 8) || '@ims.example.net;user=phone' END
FROM usage_record, generate_series(0, 5) AS position
WHERE record_id >= (SELECT record_id FROM usage_record ORDER BY record_id DESC OFFSET :newest LIMIT 1)
ORDER BY record_id, position
"""

TAKE_AWAY = (
    "DELETE FROM usage_property p USING usage_record r WHERE p.record_id = r.record_id AND r.host <> 'bench'",
    "DELETE FROM usage_record WHERE host <> 'bench'",
)

COOKBOOK = shipped("sql", "queries")
NEWEST = """
    SELECT record_id::text AS record_id, global_transaction_id AS transaction
    FROM usage_record ORDER BY usage_record.record_id DESC LIMIT 1
"""


def questions() -> dict[str, str]:
    """The DBA's cookbook, as far as it runs on PostgreSQL."""
    files = [path for path in sorted(COOKBOOK.glob("*.sql")) if not path.name.endswith(".sqlite.sql")]
    return {path.name.split(".")[0]: path.read_text(encoding="utf-8") for path in files}


def parameters(connection: Connection) -> dict[str, object]:
    """One hour, one record: what a question asks about does not grow with the table."""
    newest = connection.execute(text(NEWEST)).mappings().first() or {"record_id": str(UUID(int=0)), "transaction": ""}
    until = datetime.now(UTC) - timedelta(days=1)
    window = {"since": until - timedelta(hours=1), "until": until, "minutes": 60, "limit": 100}
    return {**newest, **window, "name": "CALL_STATUS", "value": "NoSuchStatus"}


def fill(bench: Bench, present: int, wanted: int, planned: int) -> None:
    """Add records up to a number, in blocks, as the last 30 days would have left them."""
    for first in range(present, wanted, BLOCK):
        last = min(first + BLOCK, wanted) - 1
        with bench.opened["postgresql"].transaction() as connection:
            connection.execute(text(FILL_RECORDS), {"first": first, "last": last, "planned": planned})
            connection.execute(text(FILL_PROPERTIES), {"newest": last - first})
    bench.execute("VACUUM ANALYZE usage_record, usage_property", "CHECKPOINT")


def milliseconds(connection: Connection, question: str, known: Mapping[str, object]) -> float:
    """Median time of a question, its answer fetched; a slow one is asked only once."""
    statement, times = text(question), list[float]()
    wanted = {name: known[name] for name in statement.compile().params}
    while len(times) < QUERY_REPEATS and sum(times) < PATIENCE_MILLISECONDS:
        begin = time.perf_counter()
        connection.execute(statement, wanted).all()
        times.append((time.perf_counter() - begin) * 1e3)
    return median(times)


def answer_times(bench: Bench) -> dict[str, float]:
    """Every question of the cookbook."""
    with bench.opened["postgresql"].connect() as connection:
        known = parameters(connection)
        return {name: milliseconds(connection, question, known) for name, question in questions().items()}


@contextmanager
def running(bench: Bench, name: str, settings: dict[str, str]) -> Iterator[Running]:
    """The service on PostgreSQL."""
    contender = Contender(name=name, title=name, dialect="postgresql", start=service("postgresql", settings))
    with started(bench, contender) as server:
        yield server


def rate(server: Running, envelopes: Path, rounds: int, seconds: int) -> float:
    """Records a second over HTTP, median of the rounds."""
    server.drive(envelopes, CONNECTIONS, 1)
    return median(server.drive(envelopes, CONNECTIONS, seconds).rate for _ in range(rounds))


def rows(bench: Bench, chosen: argparse.Namespace) -> None:
    """Every size in turn, beside a second service on empty tables, so that the machine's moods cancel out."""
    envelopes = write_envelopes(bench.folder / "envelopes", ENVELOPES)
    with opened_bench() as empty, running(bench, "filled", {}) as filled_server, running(empty, "empty", {}) as other:
        present = 0
        for size in sorted(size for size in SIZES if size <= chosen.largest):
            fill(bench, present, size, max(SIZES))
            present = size
            for name, milliseconds_taken in answer_times(bench).items():
                print(f"{name:>45} {milliseconds_taken:>10,.2f} ms", flush=True)
            pairs = [
                (rate(filled_server, envelopes, 1, chosen.seconds), rate(other, envelopes, 1, chosen.seconds))
                for _ in range(chosen.rounds)
            ]
            share = median(filled / beside for filled, beside in pairs)
            found = median(filled for filled, _ in pairs)
            print(f"{size:>10,} rows: {found:>7,.0f} records/s, {share:.2f} times the empty table's", flush=True)
            bench.execute(*TAKE_AWAY)
            empty.empty("postgresql")


def properties(bench: Bench, chosen: argparse.Namespace) -> None:
    """Every number of properties in turn, on empty tables."""
    with running(bench, "properties", {}) as server:
        for number in PROPERTY_COUNTS:
            envelopes = write_envelopes(bench.folder / f"envelopes-{number}", ENVELOPES, number)
            bench.empty("postgresql")
            print(f"{number:>4} properties: {rate(server, envelopes, chosen.rounds, chosen.seconds):>7,.0f} records/s")


def workers(bench: Bench, chosen: argparse.Namespace) -> None:
    """Every number of worker processes in turn, on empty tables."""
    envelopes = write_envelopes(bench.folder / "envelopes-workers", ENVELOPES)
    for number in WORKERS:
        with running(bench, f"workers-{number}", {"workers": str(number)}) as server:
            bench.empty("postgresql")
            print(f"{number:>4} workers: {rate(server, envelopes, chosen.rounds, chosen.seconds):>7,.0f} records/s")


PARTS: dict[str, Callable[[Bench, argparse.Namespace], None]] = {
    "rows": rows,
    "properties": properties,
    "workers": workers,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--largest", type=int, default=max(SIZES), help="most rows to fill in")
    chosen = parser.parse_args()
    with opened_bench() as bench:
        for part in chosen.parts or PARTS:
            PARTS[part](bench, chosen)


if __name__ == "__main__":
    main()
