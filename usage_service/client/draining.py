"""Draining the spool: the oldest record first, at a limited rate, and nothing deleted before the server has it."""

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from usage_service.client.circuit import Circuit
from usage_service.client.spool import Alarm, no_alarm
from usage_service.client.spool_line import SpooledRecord, spooled_record
from usage_service.client.spool_segment import Segment, only_drainer, segments
from usage_service.errors import Busy, CallerError, ServiceError, UsageServiceError

REFUSED = "refused.kept"
"""What the server will never take, and lines that were damaged: kept with the reason, for people."""

IDLE_SECONDS = 1.0

Send = Callable[[SpooledRecord], object]
"""Hands one record to the server and returns when it is durably stored."""


class Drainer:
    """Sends what waits in a spool folder. Of all processes that try, one at a time does."""

    def __init__(
        self,
        folder: Path,
        send: Send,
        *,
        per_second: float = 1000.0,
        circuit: Circuit | None = None,
        on_alarm: Alarm = no_alarm,
        on_metric: Callable[[str, float], None] = lambda _name, _value: None,
    ) -> None:
        self._folder = folder
        self._send = send
        self._spacing = 1.0 / per_second
        self._circuit = circuit or Circuit()
        self._on_alarm = on_alarm
        self._on_metric = on_metric
        self._open: dict[Path, Segment] = {}

    def drain(self, stop: threading.Event | None = None) -> int:
        """Send until nothing waits, or until `stop` is set; how many were sent or set aside.

        Returns 0 at once when another process drains this spool. A server that is away is waited for.
        """
        halt = stop or threading.Event()
        with only_drainer(self._folder) as ours, ExitStack() as cleanup:
            cleanup.callback(self._close)
            return self._drain(halt) if ours else 0

    def run(self, stop: threading.Event, appended: threading.Event) -> None:
        """Drain again and again, woken by new records, until `stop` is set."""
        while not stop.is_set():
            try:
                self.drain(stop)
            except (OSError, UsageServiceError) as error:
                self._on_alarm("drain_failed", ServiceError(f"cannot drain {self._folder}: {error}"))
            if appended.wait(IDLE_SECONDS):
                appended.clear()

    def _drain(self, halt: threading.Event) -> int:
        done = 0
        while not halt.is_set():
            found = self._oldest()
            if found is None:
                break
            segment, line = found
            if not self._settle(segment, line, halt):
                break
            done += 1
        return done

    def _oldest(self) -> tuple[Segment, bytes] | None:
        """The oldest line that waits. Segments that are finished are deleted on the way."""
        for path in segments(self._folder):
            segment = self._open.get(path) or self._open.setdefault(path, Segment(path))
            line = segment.head()
            if line is not None:
                return segment, line
            if segment.is_left():
                self._finish(segment)
        return None

    def _finish(self, segment: Segment) -> None:
        if segment.head() is not None:  # written between our look and its writer's end
            return
        torn = segment.torn_end()
        if torn:
            self._set_aside(torn, "the line was never finished")
        del self._open[segment.path]
        segment.delete()

    def _settle(self, segment: Segment, line: bytes, halt: threading.Event) -> bool:
        """Send one line or set it aside; False when `stop` was set before either."""
        try:
            spooled = spooled_record(line)
            if not self._deliver(spooled, halt):
                return False
        except CallerError as error:
            self._set_aside(line, str(error))
            self._on_alarm("record_refused", error)
            self._on_metric("spool_refused", 1)
        segment.advance(line)
        return True

    def _deliver(self, spooled: SpooledRecord, halt: threading.Event) -> bool:
        """Try until the server has stored the record; raises `CallerError` when it never will."""
        while not halt.is_set():
            if halt.wait(self._circuit.wait_seconds()):
                return False
            began = time.monotonic()
            try:
                self._send(spooled)
            except ServiceError as error:
                self._failed(error)
                continue
            self._circuit.succeeded()
            self._on_metric("spool_delivered", 1)
            self._on_metric("spool_age_seconds", (datetime.now(UTC) - spooled.spooled).total_seconds())
            halt.wait(max(0.0, self._spacing - (time.monotonic() - began)))
            return True
        return False

    def _failed(self, error: ServiceError) -> None:
        self._on_metric("spool_attempt_failed", 1)
        if self._circuit.failed() and not isinstance(error, Busy):
            self._on_alarm("server_away", error)

    def _set_aside(self, line: bytes, reason: str) -> None:
        kept = {"set_aside": datetime.now(UTC).isoformat(), "reason": reason, "line": line.decode("utf-8", "replace")}
        with (self._folder / REFUSED).open("ab") as file:
            file.write(json.dumps(kept).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _close(self) -> None:
        for segment in self._open.values():
            segment.close()
        self._open.clear()
