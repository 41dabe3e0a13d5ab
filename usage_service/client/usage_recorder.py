"""Writing usage records from a telecom service."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import requests
from requests.auth import HTTPBasicAuth

from usage_service.catalog import FailPolicy
from usage_service.client.circuit import Circuit
from usage_service.client.draining import Drainer
from usage_service.client.policy import FailPolicies
from usage_service.client.recording_point import GENERAL_FAILURE, SUCCESS, RecordingPoint
from usage_service.client.sending import Sender
from usage_service.client.spool import Alarm, Spool
from usage_service.client.spool_line import SpooledRecord, line_of
from usage_service.errors import CallerError, ServiceError, UsageServiceError
from usage_service.record import Property, UsageRecord

DEFAULT_ENDPOINT = "http://localhost:8080/UsageRecordService/services/UsageRecord"

Properties = Mapping[str, str] | Iterable[Property | tuple[str, str]]
Metric = Callable[[str, float], None]
"""Called with a name and by how much it grew, or a measurement: `recorded`, `spooled`, `spool_delivered`, …"""

BLOCK_ALL = FailPolicies(default=FailPolicy.BLOCK)

_log = logging.getLogger(__name__)


def log_alarm(name: str, error: UsageServiceError) -> None:
    """The alarm of those who hand over none of their own: a line in the log."""
    _log.error("%s: %s", name, error)


def no_metric(_name: str, _value: float) -> None:
    """Counts nothing."""


class UsageRecorder:
    """Writes usage records to a Usage Record component, ours or IBM's.

    Without a spool every record is required: it is stored when `record` returns. With one, `policies` say which
    records are required and which may wait on disk; a thread delivers those. An empty endpoint disables the component,
    as it does in TWSS: `record` then returns None and `disabled` counts.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout: float = 10.0,
        session: requests.Session | None = None,
        spool: Spool | None = None,
        policies: FailPolicies | None = None,
        drain_per_second: float = 1000.0,
        circuit: Circuit | None = None,
        on_alarm: Alarm = log_alarm,
        on_metric: Metric = no_metric,
        username: str | None = None,
        password: str = "",
    ) -> None:
        """`timeout` is in seconds, for connecting and for the answer.

        A user name and password are sent as HTTP Basic credentials; `session` can carry other ones.
        """
        if username is not None:
            session = session or requests.Session()
            session.auth = HTTPBasicAuth(username.encode(), password.encode())
        self.disabled = 0
        self._sender = Sender(endpoint, timeout=timeout, session=session) if endpoint else None
        self._spool = spool
        self._policies = policies or (FailPolicies() if spool else BLOCK_ALL)
        self._per_second = drain_per_second
        self._circuit = circuit or Circuit()
        self._alarm = on_alarm
        self._metric = on_metric
        self._stop = threading.Event()
        self._drained_by = 0
        self._thread: threading.Thread | None = None

    def record(
        self,
        *,
        service: str,
        event_type: str,
        code: int = 0,
        properties: Properties = (),
        global_transaction_id: str | None = None,
        record_time: datetime | None = None,
        once_key: str | None = None,
    ) -> str | None:
        """Write one record; the id of one that is stored, None for one that waits in the spool or is switched off.

        The transaction id defaults to a new UUID, the time to now; times must be aware. A retry of the caller's must
        repeat its `once_key`, time and transaction id. Raises `CallerError` when the record can never be stored as it
        is, `ServiceError` when trying again may help: for a spooled one only `SpoolFull` and `SpoolUnavailable`.
        """
        policy = self._policies.policy(service, event_type)
        if self._sender is None or policy is FailPolicy.OFF:
            self.disabled += 1
            return None
        record = UsageRecord(
            global_transaction_id=global_transaction_id or str(uuid4()),
            service=service,
            event_type=event_type,
            record_time=(record_time or datetime.now(UTC)).astimezone(UTC),
            code=code,
            properties=_pairs(properties),
        )
        if policy is FailPolicy.CONTINUE and self._spool is not None:
            self._keep(self._spool, record, once_key or str(uuid4()))
            return None
        return self._require(self._sender, record, once_key or str(uuid4()))

    @contextmanager
    def recording_point(
        self, *, service: str, event_type: str, global_transaction_id: str | None = None
    ) -> Iterator[RecordingPoint]:
        """A block whose end writes a record with the time of its beginning and its outcome.

        A block that raises is recorded with code 1, or the code it has set. When a required record cannot be written
        after a successful block, that error is raised; after a failed one the block's own error goes on, with an alarm.
        """
        point = RecordingPoint(service, event_type, global_transaction_id or str(uuid4()))
        try:
            yield point
        except BaseException:
            point.code = GENERAL_FAILURE if point.code == SUCCESS else point.code
            try:
                self._record_point(point)
            except UsageServiceError as error:
                self._alarm("record_lost", error)
            raise
        self._record_point(point)

    def drain(self, folder: Path, *, per_second: float = 1000.0) -> int:
        """Deliver what waits in a spool folder and return how many records that were; see `Drainer.drain`."""
        return self._drainer(folder, per_second).drain()

    def close(self) -> None:
        """Stop delivering; what is in the spool stays there for the next start or for `usage-service spool drain`."""
        self._stop.set()
        if self._spool is not None:
            self._spool.close()
        if self._thread is not None and self._drained_by == os.getpid():
            self._thread.join()

    def _record_point(self, point: RecordingPoint) -> None:
        self.record(
            service=point.service,
            event_type=point.event_type,
            code=point.code,
            properties=point.properties,
            global_transaction_id=point.global_transaction_id,
            record_time=point.record_time,
        )

    def _require(self, sender: Sender, record: UsageRecord, once_key: str) -> str:
        try:
            self._circuit.enter()
            record_id = sender.send(record, once_key)
        except ServiceError as error:
            self._metric("require_failed", 1)
            if self._circuit.failed():
                self._alarm("server_away", error)
            raise
        except CallerError:
            self._circuit.succeeded()  # it answered
            raise
        self._circuit.succeeded()
        self._metric("recorded", 1)
        return record_id

    def _keep(self, spool: Spool, record: UsageRecord, once_key: str) -> None:
        try:
            spool.append(line_of(record, once_key, datetime.now(UTC)))
        except ServiceError as error:
            self._alarm("record_lost", error)
            self._metric("spool_failed", 1)
            raise
        self._metric("spooled", 1)
        if self._drained_by != os.getpid():
            self._start_draining(spool)

    def _start_draining(self, spool: Spool) -> None:
        """At the first spooled record of a process, also of a forked one: threads do not survive a fork."""
        self._drained_by = os.getpid()
        drainer = self._drainer(spool.folder, self._per_second)
        self._thread = threading.Thread(
            target=drainer.run, args=(self._stop, spool.appended), name="spool-drain", daemon=True
        )
        self._thread.start()

    def _drainer(self, folder: Path, per_second: float) -> Drainer:
        return Drainer(
            folder,
            self._send_spooled,
            per_second=per_second,
            circuit=self._circuit,
            on_alarm=self._alarm,
            on_metric=self._metric,
        )

    def _send_spooled(self, spooled: SpooledRecord) -> str:
        assert self._sender is not None
        return self._sender.send(spooled.record, spooled.once_key)


def _pairs(properties: Properties) -> tuple[Property, ...]:
    pairs = properties.items() if isinstance(properties, Mapping) else properties
    return tuple(Property(name, value) for name, value in pairs)
