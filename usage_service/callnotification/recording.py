"""The recording points of this service: what happens when a record cannot be written is decided here, once."""

import logging
from collections.abc import Callable

from usage_service.errors import CallerError, KeyReused, UsageServiceError
from usage_service.record import UsageRecord

Record = Callable[[UsageRecord], object]
"""Stores a record durably; raises `UsageServiceError`."""

Admit = Callable[[UsageRecord], UsageRecord]
"""The record as it may be stored; raises `CallerError` when it may not."""

_log = logging.getLogger(__name__)


class Recording:
    """Policy `continue` of the event catalogue: the operation goes on without its record, with an alarm."""

    def __init__(self, record: Record, *, admit: Admit, service: str) -> None:
        self._record = record
        self._admit = admit
        self.service = service

    def admitted(self, record: UsageRecord) -> UsageRecord | None:
        """The record for the transaction of what it is about; None, with an alarm, when it may not be stored."""
        try:
            return self._admit(record)
        except CallerError as error:
            self._alarm(record, error)
            return None

    def write(self, record: UsageRecord) -> bool:
        """Write one record; whether it is stored now, by us or by an earlier attempt with the same key."""
        try:
            self._record(record)
        except KeyReused:
            # An attempt before a crash has written it, with the time of that attempt.
            return True
        except UsageServiceError as error:
            self._alarm(record, error)
            return False
        return True

    @staticmethod
    def _alarm(record: UsageRecord, error: UsageServiceError) -> None:
        _log.error("a usage record was not written: %s", error, extra={"event_type": record.event_type})
