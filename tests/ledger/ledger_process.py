"""The ledger in a process of its own, so that a test can kill it in the middle of its work."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from tests.recording import HOST, open_writer
from usage_service.database.database import open_database
from usage_service.errors import UsageServiceError
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import Outcome, Period, Reason
from usage_service.ledger.periods import Periods
from usage_service.record import UsageRecord
from usage_service.record_ids import new_record_ids

REASON = Reason(actor="test", code="TEST", text="because the test says so")


class LedgerProcess:
    """Sends each operation to the process and waits for its answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.start()

    def start(self) -> None:
        """Start, or start again after a crash."""
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(self._url, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """Store records together."""
        answer: list[Outcome] = self._ask("write", list(records))
        return answer

    def crash_while_writing(self, records: Sequence[UsageRecord], after: float) -> None:
        """Begin to store records, and be killed `after` seconds; whether they are stored is unknown."""
        self._ours.send(("write", (list(records),)))
        self._ours.poll(after)
        self.crash()

    def void(self, record_id: str) -> None:
        """Void a record; raises what the ledger raises."""
        self._ask("void", record_id)

    def correct(self, record_id: str, replacement: UsageRecord) -> str:
        """Correct a record and return the replacement's id; raises what the ledger raises."""
        answer: str = self._ask("correct", record_id, replacement)
        return answer

    def close_period(self, period: Period) -> int:
        """Close a period and return how many records count in it."""
        answer: int = self._ask("close", period)
        return answer

    def reopen_period(self, period: Period) -> None:
        """Open a period again."""
        self._ask("reopen", period)

    def crash(self) -> None:
        """`kill -9`, then a new process."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()
        self.start()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def _ask(self, operation: str, *arguments: Any) -> Any:
        self._ours.send((operation, arguments))
        answer = self._ours.recv()
        if isinstance(answer, UsageServiceError):
            raise answer
        return answer


def _serve(url: str, requests: Connection) -> None:
    database = open_database(url)
    writer = open_writer(database)
    adjustments = Adjustments(database, host=HOST, issue_id=_issue_id)
    periods = Periods(database, issue_id=_issue_id)
    operations = {
        "write": writer.write,
        "void": lambda record_id: adjustments.void(record_id, REASON).record_id,
        "correct": lambda record_id, record: adjustments.correct(record_id, record, REASON).replacement_id,
        "close": lambda period: periods.close(period, actor="test", reason="")[1],
        "reopen": lambda period: periods.reopen(period, actor="test", reason=""),
    }
    with suppress(EOFError):
        while True:
            operation, arguments = requests.recv()
            try:
                requests.send(operations[operation](*arguments))
            except UsageServiceError as error:
                requests.send(error)


def _issue_id() -> str:
    return new_record_ids(1)[0]
