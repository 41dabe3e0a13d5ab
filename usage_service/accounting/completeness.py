"""Completeness: how much of what a source numbered has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class NumberSpan(NamedTuple):
    """Numbers from the first to the last, both included."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """How complete one count of one source is."""

    source: str
    epoch: str
    first_number: int  # 1, or lower where the source began lower
    last_number: int
    seen: int  # different numbers that came
    missing: int
    repeated: int  # how often a number came again
    last_seen_at: datetime  # since when nothing came
    gaps: tuple[NumberSpan, ...]
