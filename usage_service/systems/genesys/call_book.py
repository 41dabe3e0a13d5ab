"""Where calls are kept, and how events enter it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Protocol

from usage_service.systems.genesys.call import Call, CallKey, call_of
from usage_service.systems.genesys.event import CallEvent


class CallBook(Protocol):
    """What the model asks of a store of calls; every question is answered from one index."""

    def call(self, key: CallKey) -> Call | None:
        """The call, if any event of it was seen."""

    def put(self, call: Call) -> None:
        """Keep the call in place of what was kept of it before."""

    def on_link(self, link_id: str) -> Collection[CallKey]:
        """All calls that ever had the link."""

    def merged_into(self, key: CallKey) -> Collection[CallKey]:
        """The calls that name this one as the survivor of a merge."""

    def with_uuid(self, call_uuid: str) -> Collection[CallKey]:
        """The calls with this CallUUID, on any server or on an unknown one."""


class CallTable:
    """A call book in memory."""

    def __init__(self) -> None:
        self.calls: dict[CallKey, Call] = {}
        self._on_link: defaultdict[str, set[CallKey]] = defaultdict(set)
        self._merged_into: defaultdict[CallKey, set[CallKey]] = defaultdict(set)
        self._with_uuid: defaultdict[str, set[CallKey]] = defaultdict(set)

    def call(self, key: CallKey) -> Call | None:
        """The call, if any event of it was seen."""
        return self.calls.get(key)

    def put(self, call: Call) -> None:
        """Keep the call in place of what was kept of it before."""
        before = self.calls.get(call.key)
        if before is not None and before.merged_into is not None:
            self._merged_into[CallKey(call.key.server, before.merged_into.value)].discard(call.key)
        if call.merged_into is not None:
            self._merged_into[CallKey(call.key.server, call.merged_into.value)].add(call.key)
        self.calls[call.key] = call
        self._with_uuid[call.key.call_uuid].add(call.key)
        for link_id in call.links:
            self._on_link[link_id].add(call.key)

    def on_link(self, link_id: str) -> Collection[CallKey]:
        """All calls that ever had the link."""
        return self._on_link.get(link_id, set())

    def merged_into(self, key: CallKey) -> Collection[CallKey]:
        """The calls that name this one as the survivor of a merge."""
        return self._merged_into.get(key, set())

    def with_uuid(self, call_uuid: str) -> Collection[CallKey]:
        """The calls with this CallUUID, on any server or on an unknown one."""
        return self._with_uuid.get(call_uuid, set())


def apply(book: CallBook, event: CallEvent) -> None:
    """Enter an event into the book."""
    said = call_of(event)
    before = book.call(said.key)
    after = said if before is None else before.join(said)
    if after != before:
        book.put(after)
