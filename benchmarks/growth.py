"""How cost grows: `python -m benchmarks.growth [rows] [properties] [workers]`, all three when none is named.

rows: insert rate over HTTP and over the library, and the time of everyday questions, as the tables fill up from
nothing to 10 million records of six properties. properties: insert rate with 0 to 100 properties per record.
workers: insert rate with one to three worker processes. All on PostgreSQL.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.batch import recorded
from benchmarks.contenders import Contender, Running, service
from benchmarks.databases import Bench, opened_bench
from benchmarks.envelopes import PROPERTIES, write_envelopes
from benchmarks.run import ENVELOPES, started

CONNECTIONS = 64
SIZES = (0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PROPERTY_COUNTS = (0, 1, 6, 20, 100)
WORKERS = (1, 2, 3)
BLOCK = 500_000
QUERY_REPEATS = 5

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

QUESTIONS = {
    "records of one transaction": """
        SELECT r.*, p.name, p.value FROM usage_record r LEFT JOIN usage_property p USING (record_id)
        WHERE global_transaction_id = (SELECT global_transaction_id FROM usage_record
                                       ORDER BY record_id DESC LIMIT 1) ORDER BY r.record_id, p.position""",
    "failures per service in the last hour": """
        SELECT service, count(*) FROM usage_record
        WHERE record_time >= now() - interval '1 hour' AND code <> 0 GROUP BY service""",
    "volume per requester on one day": """
        SELECT requester, count(*) FROM usage_record
        WHERE record_time >= now() - interval '2 days' AND record_time < now() - interval '1 day' GROUP BY requester""",
    "a property pivoted, last 100 records": """
        SELECT r.record_time, p.value FROM (SELECT * FROM usage_record ORDER BY record_id DESC LIMIT 100) r
        JOIN usage_property p ON p.record_id = r.record_id AND p.name = 'CALL_STATUS'""",
    "USAGERECORDS of one minute": """
        SELECT * FROM usagerecords
        WHERE recordid IN (SELECT record_id::text FROM usage_record
                           WHERE record_time >= now() - interval '1 day'
                             AND record_time < now() - interval '1 day' + interval '1 minute')""",
}
"""Everyday questions; the window of each holds a share of the table that does not depend on its size."""


def fill(bench: Bench, present: int, wanted: int, planned: int) -> None:
    """Add records up to a number, in blocks, as the last 30 days would have left them."""
    for first in range(present, wanted, BLOCK):
        last = min(first + BLOCK, wanted) - 1
        with bench.opened["postgresql"].transaction() as connection:
            connection.execute(text(FILL_RECORDS), {"first": first, "last": last, "planned": planned})
            connection.execute(text(FILL_PROPERTIES), {"newest": last - first})
    bench.execute("VACUUM ANALYZE usage_record, usage_property", "CHECKPOINT")


def milliseconds(bench: Bench, question: str) -> float:
    """Median time of a question, its answer fetched."""
    times = []
    with bench.opened["postgresql"].connect() as connection:
        for _ in range(QUERY_REPEATS):
            begin = time.perf_counter()
            connection.execute(text(question)).all()
            times.append((time.perf_counter() - begin) * 1e3)
    return median(times)


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
    """Every size in turn. What the measurement adds is taken away again."""
    envelopes = write_envelopes(bench.folder / "envelopes", ENVELOPES)
    bench.empty("postgresql")
    present, first = 0, 0.0
    with running(bench, "rows", {}) as server:
        for size in sorted(size for size in SIZES if size <= chosen.largest):
            fill(bench, present, size, max(SIZES))
            present = size
            times = {name: milliseconds(bench, question) for name, question in QUESTIONS.items()}
            over_http = rate(server, envelopes, chosen.rounds, chosen.seconds)
            library = recorded(bench, chosen.seconds).rate
            first = first or over_http
            print(f"{size:>10,} rows: {over_http:>7,.0f} records/s ({over_http / first:.2f}), library {library:>7,.0f}")
            print("".join(f"{name:>45} {found:>10,.2f} ms\n" for name, found in times.items()), end="", flush=True)
            bench.execute(*TAKE_AWAY)


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
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS), metavar="PART")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--largest", type=int, default=max(SIZES), help="most rows to fill in")
    chosen = parser.parse_args()
    with opened_bench() as bench:
        for part in chosen.parts:
            PARTS[part](bench, chosen)


if __name__ == "__main__":
    main()
