"""Paging through many records over SOAP while new ones arrive."""

import http.client
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from statistics import median

from lxml import etree

from benchmarks.contenders import Server, service
from benchmarks.databases import Bench
from benchmarks.envelopes import TRANSACTION, envelope, records
from benchmarks.load import LEDGER_PATH, PATH
from usage_service.ledger.model import Receipt
from usage_service.ledger.system import open_commit_queue
from usage_service.registry import catalog_files
from usage_service.settings import Settings

PAGE_SIZE = 1_000
BLOCK = 1_000
ARRIVALS = 1_000
PATIENCE_SECONDS = 60
EDGE = 20
"""Pages at the start, and at the end, whose median is the cost there; of a short walk a third each."""

LEDGER = "urn:usage-service:ledger:v1"
QUERY = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<u:queryUsageRecords xmlns:u="{LEDGER}"><u:pageSize>{PAGE_SIZE}</u:pageSize>%s</u:queryUsageRecords>'
    "</e:Body></e:Envelope>"
)


@dataclass(frozen=True, kw_only=True)
class Paging:
    """What one walk through all pages showed."""

    records: int
    pages: int
    arrived: int  # records that were written meanwhile
    missed: int
    repeated: int
    strange: int  # ids that were never written
    start: float  # milliseconds for a page
    end: float

    @property
    def wrong(self) -> int:
        """How many records were not answered exactly once."""
        return self.missed + self.repeated + self.strange

    def line(self) -> str:
        """The walk in words."""
        return (
            f"{self.records:,} records in {self.pages:,} pages while {self.arrived:,} arrived: {self.missed} missed, "
            f"{self.repeated} repeated, {self.strange} strange; a page took {self.start:.0f} ms at the start and "
            f"{self.end:.0f} ms at the end"
        )


def measured_paging(bench: Bench, wanted: int) -> Paging:
    """Store the records through the library, then ask for them page by page."""
    bench.empty("postgresql")
    known = set(load(bench, wanted))
    bench.execute("ANALYZE usage_record, usage_property")
    folder = bench.folder / "paging"
    folder.mkdir()
    server = service("postgresql")(bench, folder)
    try:
        return walk(server, known)
    finally:
        server.stop()


def load(bench: Bench, wanted: int) -> Iterator[str]:
    """Store so many records and return their ids."""
    recorder = open_commit_queue(Settings(), bench.opened["postgresql"], catalog_files())
    patterns, numbers = list(records(BLOCK)), count()
    for done in range(0, wanted, BLOCK):
        block = [replace(record, global_transaction_id=f"{next(numbers):036}") for record in patterns]
        for outcome in recorder.record_many(block[: wanted - done]):
            assert isinstance(outcome, Receipt)
            yield outcome.record_id
        _report(f"{min(done + BLOCK, wanted):,} records stored")
    recorder.close()


def walk(server: Server, known: set[str]) -> Paging:
    """Every page, one after the other; new records arrive while each is answered."""
    expected_pages = max(1, len(known) // PAGE_SIZE)
    seen: list[str] = []
    costs: list[float] = []
    cursor: str | None = ""
    with ThreadPoolExecutor(1) as arriving, opened(server) as reading, opened(server) as writing:
        arrived = 0
        while cursor is not None:
            due = min(ARRIVALS, ARRIVALS * len(costs) // expected_pages)  # none before the first page was asked for
            arrivals = arriving.submit(write, writing, range(arrived, due))
            begin = time.perf_counter()
            body = post(reading, LEDGER_PATH, QUERY % (f"<u:cursor>{cursor}</u:cursor>" if cursor else ""))
            costs.append((time.perf_counter() - begin) * 1e3)
            arrivals.result()
            arrived = due
            ids, cursor = page_in(body)
            seen.extend(ids)
            _report(f"{len(costs):,} pages")
    edge = min(EDGE, len(costs) // 3)
    return Paging(
        records=len(known),
        pages=len(costs),
        arrived=arrived,
        missed=len(known.difference(seen)),
        repeated=len(seen) - len(set(seen)),
        strange=len(set(seen) - known),
        start=median(costs[1 : edge + 1]),  # the first finds nothing open
        end=median(costs[-edge - 1 : -1]),  # the last is not full
    )


def write(connection: http.client.HTTPConnection, numbers: Iterable[int]) -> None:
    """Records that come while others are read: their places are behind all pages, in the next query."""
    (record,) = records(1)
    for number in numbers:
        post(connection, PATH, envelope(record).replace(TRANSACTION, f"arrival-{number}"))


@contextmanager
def opened(server: Server) -> Iterator[http.client.HTTPConnection]:
    """A kept-alive connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        yield connection
    finally:
        connection.close()


def post(connection: http.client.HTTPConnection, path: str, request: str) -> bytes:
    """The answer to a request; ends the run when it is a fault."""
    connection.request("POST", path, request.encode(), {"Content-Type": "text/xml; charset=utf-8"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != HTTPStatus.OK:
        sys.exit(f"{path} answered {answer.status}: {body.decode(errors='replace')[:2000]}")
    return body


def page_in(body: bytes) -> tuple[list[str], str | None]:
    """The record ids of a page, and the cursor of the next."""
    page = etree.fromstring(body)
    return [found.text or "" for found in page.iterfind(f".//{{{LEDGER}}}recordID")], page.findtext(
        f".//{{{LEDGER}}}nextCursor"
    )


def _report(progress: str) -> None:
    print(f"\r{progress}", end="", file=sys.stderr, flush=True)
