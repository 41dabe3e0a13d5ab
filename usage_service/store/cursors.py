"""Where a paged query goes on: opaque text for callers, checked when it comes back."""

import base64
import binascii
from dataclasses import dataclass, replace
from hashlib import blake2b

import msgspec

from usage_service.accounting.records import RecordFilter
from usage_service.errors import InvalidValue
from usage_service.record_ids import latest_possible_id


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the answer to one filter."""

    filter_digest: str  # of the filter it was given out for
    until: str  # the newest id that can belong to the answer: what comes later is for the next query
    after: str | None = None  # the last id given out

    @classmethod
    def new(cls, wanted: RecordFilter) -> "Cursor":
        """The place before the first record."""
        return cls(_digest(wanted), latest_possible_id())

    @classmethod
    def read(cls, text: str, wanted: RecordFilter) -> "Cursor":
        """The place that a text stands for; raises `InvalidValue` if it is not one of this filter."""
        try:
            cursor = msgspec.json.decode(base64.urlsafe_b64decode(text), type=cls)
        except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
            raise InvalidValue("cursor", "is not one that was given out") from error
        if cursor.filter_digest != _digest(wanted):
            raise InvalidValue("cursor", "belongs to another query")
        return cursor

    def moved(self, record_id: str) -> "Cursor":
        """The place behind a record."""
        return replace(self, after=record_id)

    def text(self) -> str:
        """The cursor as callers see it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def _digest(wanted: RecordFilter) -> str:
    return blake2b(msgspec.json.encode(wanted), digest_size=8).hexdigest()
