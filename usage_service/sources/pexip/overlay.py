"""Partial statements about one thing, laid over each other so that the best one of every field shows.

Messages arrive late, twice and in any order, and most state only some fields. Each field remembers the
stamp of the statement it came from and only a higher stamp replaces it, which makes the result independent
of the order.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from usage_service.record import EPOCH

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Thing = TypeVar("Thing", bound=DataclassInstance)


class Rank(IntEnum):
    """Who is believed over whom."""

    HINT = 0  # fills a gap only
    RUNNING = 1  # said while the call was going on
    FINAL = 2  # said when it ended: the only reliable statement of the service type
    HISTORY = 3  # the platform's own history, the authority for closed calls


class Stamp(NamedTuple):
    """The weight of a statement; compares by rank, then time, then the node's numbering."""

    rank: Rank
    time: datetime
    seq: int


Stamps = Mapping[str, Stamp]


def stamp(rank: Rank, time: datetime | None, seq: int | None = None) -> Stamp:
    """A stamp; a statement without time weighs least in its rank."""
    return Stamp(rank, time or EPOCH, seq or 0)


def overlay(shown: "Thing", stamps: Stamps, said: "Thing", weight: Stamp) -> "tuple[Thing, Stamps]":
    """`shown` with every field that `said` states with more weight. None is never a statement."""
    won: dict[str, Any] = {}
    for field in fields(said):
        value = getattr(said, field.name)
        held = stamps.get(field.name)
        if value is not None and (held is None or _outweighs(weight, value, held, getattr(shown, field.name))):
            won[field.name] = value
    return replace(shown, **won), {**stamps, **dict.fromkeys(won, weight)}


def _outweighs(weight: Stamp, value: object, held: Stamp, shown: object) -> bool:
    """Equal stamps with different values are settled by the values, so that no order of arrival matters."""
    return (weight, repr(value)) > (held, repr(shown))
