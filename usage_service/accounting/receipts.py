"""Receipts: what became of a record that was to be stored."""

from collections.abc import Mapping
from typing import NamedTuple

from usage_service.errors import Conflict, UsageServiceError


class Receipt(NamedTuple):
    """The proof that a record is durably stored."""

    record_id: str
    replayed: bool = False  # the record was stored by an earlier request with the same once-only key


Outcome = Receipt | UsageServiceError


def none_stored(count: int, refused: Mapping[int, UsageServiceError]) -> list[Outcome]:
    """The outcomes of an atomic batch that was refused: the culprits' own errors, and who they were for the others."""
    other = Conflict(f"the batch is atomic and its record {min(refused) + 1} was refused")
    return [refused.get(place, other) for place in range(count)]
