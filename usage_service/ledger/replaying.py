"""Batches: many records in one request, each with its own outcome.

Replaying rejects: what was refused is read again, as if it came now, and stored if it can be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from usage_service.errors import CallerError, Conflict, InvalidValue, ServiceError, UsageServiceError
from usage_service.ledger.commit_queue import Item
from usage_service.ledger.model import KeptReject, Outcome, Receipt, Reject, Replay
from usage_service.ledger.rejects import Rejects
from usage_service.record import UsageRecord

MAX_BATCH = 1_000


def check_batch_size(count: int) -> None:
    """Raise `InvalidValue` for a batch that is empty or too large."""
    if not 1 <= count <= MAX_BATCH:
        raise InvalidValue("record", f"is there {count} times, a batch has 1 to {MAX_BATCH}")


def answerable(outcomes: Sequence[Outcome], *, atomic: bool) -> Sequence[Outcome]:
    """The outcomes, if they say what the caller can do; raises the `ServiceError` that kept the batch out.

    Where it was our fault, sending the same again may help: that is a fault of the request, not a verdict on records.
    """
    ours = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    if ours and (atomic or len(ours) == len(outcomes)):
        raise ours[0]
    return outcomes


class Reread(NamedTuple):
    """What a reject says when it is read again."""

    items: Sequence[Item]
    atomic: bool = False  # its records are to be stored as a whole or not at all


ReadAgain = Callable[[Reject], Reread]
"""Reads a reject as its edge would now; raises `CallerError` when the whole is still refused."""


class RecordMany(Protocol):
    """Stores records, with one outcome for each."""

    def __call__(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]: ...


class Replays:
    """Makes records of rejects. Each source of rejects has its own way to read them again."""

    def __init__(
        self,
        rejects: Rejects,
        record_many: RecordMany,
        readers: Mapping[str, ReadAgain],
        require: Callable[[UsageRecord], None],
    ) -> None:
        """`require` raises `CallerError` unless the record's principal may write it now."""
        self._require = require
        self._rejects = rejects
        self._record_many = record_many
        self._readers = readers

    def replay(self, reject_id: str, *, actor: str) -> list[Outcome]:
        """Try again and write down what came of it; one outcome for each record of the reject.

        However often it is called, each record is stored once: records without a key of their caller's take one that
        names the reject. Raises `NotFound`, and `Conflict` for a reject that cannot be read again.
        """
        kept = self._rejects.get(reject_id)
        read_again = self._readers.get(kept.reject.source)
        if read_again is None:
            raise Conflict(f"rejects of the source {kept.reject.source} cannot be replayed")
        if not kept.complete:
            raise Conflict("only a part of its body was kept")
        outcomes = self._stored(kept, read_again)
        if not kept.replayed:
            self._rejects.note_replay(_replay(kept.reject_id, actor, outcomes))
        return outcomes

    def can_replay(self, kept: KeptReject) -> bool:
        """Whether it can be read again at all."""
        return kept.complete and kept.reject.source in self._readers

    def _stored(self, kept: KeptReject, read_again: ReadAgain) -> list[Outcome]:
        try:
            items, atomic = read_again(kept.reject)
        except CallerError as error:
            return [error]
        keyed = [_keyed(self._permitted(item), kept.reject_id, place) for place, item in enumerate(items, 1)]
        return self._record_many(keyed, atomic=atomic)

    def _permitted(self, item: Item) -> Item:
        try:
            if isinstance(item, UsageRecord):
                self._require(item)
        except CallerError as error:
            return error
        return item


def _keyed(item: Item, reject_id: str, place: int) -> Item:
    if isinstance(item, UsageRecord) and item.once_key is None:
        return replace(item, once_key=f"reject:{reject_id}" if place == 1 else f"reject:{reject_id}/{place}")
    return item


def _replay(reject_id: str, actor: str, outcomes: Sequence[Outcome]) -> Replay:
    errors = [outcome for outcome in outcomes if isinstance(outcome, UsageServiceError)]
    if errors:
        return Replay(reject_id=reject_id, actor=actor, record_id=None, reason=str(errors[0]))
    first = next(outcome for outcome in outcomes if isinstance(outcome, Receipt))
    return Replay(reject_id=reject_id, actor=actor, record_id=first.record_id)
