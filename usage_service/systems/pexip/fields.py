"""Reading single JSON values of the platform leniently: a field that cannot be read never costs us the event.

Fields come and go between releases and some senders quote numbers, so every reader takes what is
unambiguous and raises `ValueError` for the rest; `read_fields` collects the names it could not read.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, NamedTuple

from usage_service.record import EPOCH
from usage_service.times import time_from_iso

Reader = Callable[[Any], object]


class Field(NamedTuple):
    """One field of ours: the names it has on the wire, best first, and how to read its value."""

    wire_names: tuple[str, ...]
    read: Reader


def read_fields(data: Mapping[str, Any], table: Mapping[str, Field]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of `table` that `data` states, and the wire names whose value could not be read.

    A JSON null counts as not stated: the platform sends null for what it does not know yet.
    """
    stated: dict[str, Any] = {}
    unreadable: list[str] = []
    for name, field in table.items():
        wire_name = next((candidate for candidate in field.wire_names if data.get(candidate) is not None), None)
        if wire_name is None:
            continue
        try:
            stated[name] = field.read(data[wire_name])
        except (ValueError, OverflowError):
            unreadable.append(wire_name)
    return stated, tuple(unreadable)


def text(value: Any) -> str:
    """Text; a bare number is taken as its digits, since tags and ids are opaque.

    NUL becomes U+FFFD: JSON can carry it, but PostgreSQL's text cannot hold it.
    """
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not text")


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise ValueError("not a list")
    return tuple(text(item) for item in value)


def number(value: Any) -> float:
    """A finite number, also when quoted."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    result = float(value)
    if not isfinite(result):
        raise ValueError("not finite")
    return result


def whole_number(value: Any) -> int:
    """An integer, also when quoted or written as 3.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    result = number(value)
    if result != int(result):
        raise ValueError("not a whole number")
    return int(result)


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def truth(value: Any) -> bool:
    """A boolean; policy requests spell it `True` and `False`."""
    answer = _TRUTH.get(str(value).lower())
    if answer is None:
        raise ValueError("not a boolean")
    return answer


def moment(value: Any) -> datetime:
    """A point in time as aware UTC: Unix seconds in events, ISO text without zone (meaning UTC) in
    history rows.
    """
    if isinstance(value, str) and "-" in value[1:]:
        return time_from_iso(value, zone=UTC)
    return EPOCH + timedelta(seconds=number(value))


def seconds(value: Any) -> timedelta:
    """A length of time given in seconds; never negative."""
    result = number(value)
    if result < 0:
        raise ValueError("a negative duration")
    return timedelta(seconds=result)
