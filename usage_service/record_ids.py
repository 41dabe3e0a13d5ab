"""Record ids: UUIDv7 (RFC 9562), so that their order is the order of receipt and new rows land side by side.

For clients of the old platform that expect a number, the same id can be issued in a form that also reads as a
63-bit integer: 42 bits of milliseconds and 21 bits that make it unique.
"""

import secrets
import threading
import time
from datetime import datetime
from uuid import UUID

from usage_service.errors import InvalidValue

_TAIL_BITS = 62
_TAIL_MASK = (1 << _TAIL_BITS) - 1
_COUNTED_BITS = 12 + _TAIL_BITS  # what UUIDv7 leaves free beside the time
_NUMBER_TAIL_BITS = 21


class RecordIds:
    """Issues UUIDv7s that ascend within this process, also within a millisecond (RFC 9562, 6.2, method 2)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._next = 0  # the 74 bits behind the time

    def __call__(self, count: int) -> list[str]:
        """`count` fresh ids in ascending order, as 36 lower-case characters."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._milliseconds:
                self._milliseconds, self._next = now, secrets.randbits(_COUNTED_BITS - 1)
            head, first = f"{self._milliseconds:012x}", self._next
            self._next += count
        return [_uuid(head, number) for number in range(first, first + count)]


def _uuid(head: str, counted: int) -> str:
    digits = f"{(0b10 << _TAIL_BITS) | (counted & _TAIL_MASK):016x}"
    return f"{head[:8]}-{head[8:]}-7{counted >> _TAIL_BITS:03x}-{digits[:4]}-{digits[4:]}"


new_record_ids = RecordIds()
"""The ids of this process."""


def latest_possible_id(moment: datetime | None = None) -> str:
    """An id behind every id issued until a moment, or until now."""
    milliseconds = int(moment.timestamp() * 1000) if moment else time.time_ns() // 1_000_000
    head = f"{milliseconds:012x}"
    return f"{head[:8]}-{head[8:]}-7fff-bfff-ffffffffffff"


def new_numeric_record_ids(count: int) -> list[str]:
    """Fresh ids that `number_from_record_id` turns into a 63-bit number and back."""
    milliseconds = time.time_ns() // 1_000_000
    start = secrets.randbits(_NUMBER_TAIL_BITS - 1)
    return [record_id_from_number((milliseconds << _NUMBER_TAIL_BITS) | start + step) for step in range(count)]


def number_from_record_id(record_id: str) -> int:
    """The 63-bit number of an id made by `new_numeric_record_ids`."""
    digits = record_id.replace("-", "")
    low = (int(digits[13:16], 16) << 9) | ((int(digits[16:], 16) >> 53) & 0x1FF)
    return (int(digits[:12], 16) << _NUMBER_TAIL_BITS) | low


def record_id_from_number(number: int) -> str:
    """The record id that stands for a 63-bit number."""
    head, low = f"{number >> _NUMBER_TAIL_BITS:012x}", number & ((1 << _NUMBER_TAIL_BITS) - 1)
    digits = f"{(0b10 << _TAIL_BITS) | ((low & 0x1FF) << 53):016x}"
    return f"{head[:8]}-{head[8:]}-7{low >> 9:03x}-{digits[:4]}-{digits[4:]}"


def checked_record_id(text: str, field: str = "recordID") -> str:
    """An id as it stands in the tables; raises `InvalidValue` naming the field when the text cannot be one.

    Rejects and notices have ids of the same kind.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise InvalidValue(field, f"{text[:80]} is not an id of this service") from error
