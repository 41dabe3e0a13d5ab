from dataclasses import replace
from datetime import UTC, datetime, timedelta

from usage_service.systems.genesys.call import CallKey
from usage_service.systems.genesys.event import CallEvent, EventKind, Link, Rank
from usage_service.systems.genesys.interaction import Interaction, assemble, connected
from usage_service.systems.genesys.link import LinkState, Policy

from .support import calls_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def event(server: str, call: str, number: int, *links: Link, kind: EventKind = EventKind.CHANGED) -> CallEvent:
    return CallEvent(
        kind=kind,
        server=server,
        call_uuid=call,
        rank=Rank("", number),
        time=NOON + timedelta(seconds=number),
        links=frozenset(links) if kind is EventKind.CHANGED else None,
    )


def ended(server: str, call: str, number: int, into: str | None = None) -> CallEvent:
    return replace(event(server, call, number, kind=EventKind.DELETED), ref_call_uuid=into)


def whole(*events: CallEvent, policy: Policy | None = None, as_of: datetime = LATER) -> Interaction:
    key = CallKey(events[0].server, events[0].call_uuid)
    found = connected(calls_of(events), key)
    return assemble(found.values(), policy or Policy(), as_of)


def test_one_sided_link_waits_then_fails() -> None:
    one = event("X", "A", 1, Link("L", "source", "Y@s"))
    assert whole(one, as_of=NOON).links[0].state is LinkState.WAITING
    assert whole(one, as_of=LATER).links[0].state is LinkState.FAILED


def test_late_other_side_still_completes_link() -> None:
    found = whole(event("X", "A", 1, Link("L", "source", "Y@s")), event("Y", "B", 9, Link("L", "target", "X@s")))
    assert found.links[0].state is LinkState.COMPLETE
    assert found.links[0].problems == ()


def test_an_unmonitored_switch_never_answers() -> None:
    one = event("X", "A", 1, Link("L", "source", "Unmonitored@SwitchX"))
    found = whole(one, policy=Policy(monitored=frozenset({"X", "Y"})), as_of=NOON)
    assert found.links[0].state is LinkState.NO_PAIR


def test_merge_moves_links_to_surviving_call() -> None:
    found = whole(
        event("X", "main", 1),
        event("X", "consult", 2, Link("L", "source", "Y@s")),
        event("Y", "agent", 1, Link("L", "target", "X@s")),
        ended("X", "consult", 5, into="main"),
    )
    assert {side.current.call_uuid for side in found.links[0].sides} == {"main", "agent"}
    assert [change.change for change in found.history()] == ["added", "added", "moved"]
    assert [call.key.call_uuid for call in found.calls] == ["main", "consult", "agent"]


def test_removed_link_joins_calls_keeping_history() -> None:
    found = whole(
        event("X", "A", 1, Link("L", "source", "Y@s")),
        event("X", "A", 2),
        event("Y", "B", 1, Link("L", "target", "X@s")),
    )
    assert [(side.reported.call_uuid, side.removed) for side in found.links[0].sides] == [
        ("A", True),
        ("B", False),
    ]
    assert [change.change for change in found.history()] == ["added", "removed", "added"]


def test_earlier_removal_does_not_undo_link() -> None:
    found = whole(event("X", "A", 1), event("X", "A", 2, Link("L", "source", "Y@s")))
    assert not found.links[0].sides[0].removed


def test_an_incomplete_list_removes_nothing() -> None:
    cut = replace(event("X", "A", 2), links_complete=False)
    assert not whole(event("X", "A", 1, Link("L", "source", "Y@s")), cut).links[0].sides[0].removed


def test_contradictions_are_flagged_and_still_joined() -> None:
    found = whole(
        event("X", "A", 1, Link("L", "source", "Y@s")),
        event("Y", "B", 1, Link("L", "source", "X@s")),
        event("Z", "C", 1, Link("L", "source", "X@s")),
        event("X", "A", 2, Link("L", "source", "Y@s"), Link("M", "source", "Y@s")),
        event("Y", "D", 2, Link("M", "source", "X@s")),
    )
    assert len(found.calls) == 4
    assert found.problems == ("link L joins 3 calls", "link M both sides are source")


def test_interaction_final_when_nothing_is_pending() -> None:
    calls = [event("X", "A", 1, Link("L", "source", "Y@s")), event("Y", "B", 1, Link("L", "target", "X@s"))]
    assert not whole(*calls, ended("X", "A", 2)).final
    assert whole(*calls, ended("X", "A", 2), ended("Y", "B", 2)).final


def test_interaction_open_while_merge_survivor_unknown() -> None:
    assert not whole(ended("X", "A", 2, into="B")).final


def test_circular_call_merges_are_flagged() -> None:
    found = whole(ended("X", "A", 1, into="B"), ended("X", "B", 2, into="A"))
    assert len(found.calls) == 2
    assert len(found.problems) == 2


def test_returning_path_has_one_start() -> None:
    found = whole(
        event("X", "A", 1, Link("L", "source", "Y@s")),
        event("Y", "B", 1, Link("L", "target", "X@s"), Link("M", "source", "X@s")),
        event("X", "C", 2, Link("M", "target", "Y@s")),
        ended("X", "A", 9, into="C"),
    )
    assert [key.call_uuid for key in found.roots] == ["A"]
    assert [call.key.call_uuid for call in found.calls] == ["A", "B", "C"]


def test_other_side_supplies_missing_server_name() -> None:
    found = whole(event("", "A", 1, Link("L", "source", "Y@s")), event("Y", "B", 1, Link("L", "target", "X@s")))
    assert found.servers == {CallKey("", "A"): "X", CallKey("Y", "B"): "Y"}
    assert found.inferred == {CallKey("", "A")}


def test_two_servers_may_share_call_uuid() -> None:
    assert len(whole(event("X", "A", 1), event("Y", "A", 1)).calls) == 1
