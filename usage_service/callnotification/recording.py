"""The recording points of this service: what happens when a record cannot be written is decided here, once."""

import logging
from collections.abc import Callable

from usage_service.errors import KeyReused, UsageServiceError
from usage_service.record import UsageRecord

Record = Callable[[UsageRecord], object]
"""Stores a record durably; raises `UsageServiceError`."""

_log = logging.getLogger(__name__)


class Recording:
    """Policy `continue` of the event catalogue: the operation goes on without its record, with an alarm."""

    def __init__(self, record: Record, *, service: str) -> None:
        self._record = record
        self.service = service

    def write(self, record: UsageRecord) -> bool:
        """Write one record; whether it is stored now, by us or by an earlier attempt with the same key."""
        try:
            self._record(record)
        except KeyReused:
            # An attempt before a crash has written it, with the time of that attempt.
            return True
        except UsageServiceError as error:
            _log.error("a usage record was not written: %s", error, extra={"event_type": record.event_type})
            return False
        return True
