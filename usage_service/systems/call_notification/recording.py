"""The recording points of this service: what happens when a record cannot be written is decided here, once."""

import logging
from collections.abc import Callable, Sequence

from usage_service.errors import CallerError, KeyReused, ServiceError, UsageServiceError
from usage_service.record import UsageRecord

RecordMany = Callable[[Sequence[UsageRecord]], Sequence[object]]
"""Stores records durably; one outcome for each, a `UsageServiceError` for what is not stored."""

Admit = Callable[[UsageRecord], UsageRecord]
"""The record as it may be stored; raises `CallerError` when it may not."""

_log = logging.getLogger(__name__)


class Recording:
    """An operation goes on without its record, with an alarm; a delivery waits until its records can be written."""

    def __init__(self, record_many: RecordMany, *, admit: Admit, service: str) -> None:
        self._record_many = record_many
        self._admit = admit
        self.service = service

    def admitted(self, record: UsageRecord) -> UsageRecord | None:
        """The record for the transaction of what it is about; None, with an alarm, when it may not be stored."""
        try:
            return self._admit(record)
        except CallerError as error:
            self._alarm(record, error)
            return None

    def write(self, record: UsageRecord) -> None:
        """Write one record of an operation that goes on without it."""
        try:
            self.write_all([record])
        except ServiceError as error:
            self._alarm(record, error)

    def write_all(self, records: Sequence[UsageRecord]) -> None:
        """Write records that an earlier attempt may have written; raises `ServiceError` to have it tried again.

        What can never be written is left out, with an alarm.
        """
        for record, outcome in zip(records, self._record_many(records), strict=True):
            if isinstance(outcome, ServiceError):
                raise outcome
            # KeyReused: an attempt before a crash has written it, with the time of that attempt.
            if isinstance(outcome, UsageServiceError) and not isinstance(outcome, KeyReused):
                self._alarm(record, outcome)

    @staticmethod
    def _alarm(record: UsageRecord, error: UsageServiceError) -> None:
        _log.error("a usage record was not written: %s", error, extra={"event_type": record.event_type})
