"""Batches of call events: what fails unforeseen costs one event."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from usage_service.errors import NotStored, StoreUnavailable
from usage_service.systems.call_notification.event_intake import CallListener, RejectedEvent
from usage_service.systems.call_notification.responses import PRESETS
from usage_service.systems.call_notification.store import CallId

EVENT = json.loads((Path(__file__).parent / "data" / "event.json").read_text())
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Store:
    """Takes changes; fails for one call."""

    def __init__(self, error: Exception) -> None:
        self.taken: list[str] = []
        self._error = error

    def change(self, folds: dict[CallId, object], now: datetime) -> int:
        if any(call.call_id == "unlucky" for call in folds):
            raise self._error
        self.taken += [call.call_id for call in folds]
        return 0


def take(error: Exception, *calls: str) -> tuple[Store, list[RejectedEvent]]:
    store, rejected = Store(error), []
    listener = CallListener(
        store,  # type: ignore[arg-type]
        PRESETS["default"],
        note_numbers=lambda source, numbers: None,
        keep_rejects=rejected.extend,
        settle_after=timedelta(seconds=1),
        forget_after=timedelta(days=1),
    )
    listener.take([{**EVENT, "call_id": call} for call in calls], NOW)
    return store, rejected


@pytest.mark.parametrize("error", [RuntimeError("unforeseen"), NotStored("the database refused it")])
def test_unforeseen_error_rejects_one_event(error: Exception) -> None:
    store, rejected = take(error, "a", "b", "unlucky", "c")
    assert sorted(store.taken) == ["a", "b", "c"]
    assert [event.reason for event in rejected] == [f"defect: {error!r}"]


def test_absent_store_asks_for_the_batch_again() -> None:
    with pytest.raises(StoreUnavailable):
        take(StoreUnavailable("away"), "a", "unlucky")
