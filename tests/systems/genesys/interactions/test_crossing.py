from dataclasses import replace
from datetime import timedelta

import pytest

from tests.systems.genesys.test_interaction import NOON, ended, event
from usage_service.errors import ConfigurationError, NotFound
from usage_service.record import Property, UsageRecord
from usage_service.systems.genesys.event import Link
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.trace import to_text
from usage_service.systems.genesys.trace_drawing import to_dot, to_svg
from usage_service.systems.genesys.tracing import Interactions, Rule

from .support import Parts

CALL_ID = "a84b4c76e66710@pc33.example.com"


def leg(call_id: str = CALL_ID, **changes: object) -> UsageRecord:
    """A Pexip leg's record."""
    record = UsageRecord(
        global_transaction_id="conversation-1",
        service="PEXIP_PARTICIPANT",
        event_type="PARTICIPANT_DISCONNECTED",
        record_time=NOON + timedelta(minutes=2),
        code=0,
        properties=(Property("displayName", "Alice"), Property("callId", call_id)),
    )
    return replace(record, **changes)  # type: ignore[arg-type] - any field


@pytest.fixture
def crossed(parts: Parts) -> Parts:
    """Two calls of one interaction, of which the second came in over the network as CALL_ID."""
    parts.take(
        event("Tserver1", "A", 1, Link("L", "source", "SIPServer1@s")),
        replace(
            event("SIPServer1", "B", 1, Link("L", "target", "Tserver1@s")),
            conn_id="006c029a6685d004",
            attributes=(Property("NetworkCallID", CALL_ID),),
        ),
        ended("Tserver1", "A", 5),
        event("SIPServer2", "C", 1),
    )
    parts.settler.settle()
    return parts


@pytest.mark.parametrize("identifier", ["A", "B", "L", "006c029a6685d004", CALL_ID])
def test_interaction_is_found_by_any_identifier(crossed: Parts, identifier: str) -> None:
    [trace] = crossed.interactions.traces(identifier)
    assert [call.key.call_uuid for call in trace.interaction.calls] == ["A", "B"]


def test_unknown_identifier_is_not_found(crossed: Parts) -> None:
    with pytest.raises(NotFound, match="no interaction known as Z"):
        crossed.interactions.traces("Z")


def test_reused_conn_id_shows_both_interactions(parts: Parts) -> None:
    for server in ("X", "Y"):
        parts.take(replace(event(server, f"call on {server}", 1), conn_id="1"))
    assert len(parts.interactions.traces("1")) == 2


def test_other_system_record_matches_call_id(crossed: Parts) -> None:
    receipt = crossed.recorder.record(leg())
    for other in (leg("another"), leg(service="OTHER"), leg(record_time=NOON + timedelta(hours=3))):
        crossed.recorder.record(other)
    [trace] = crossed.interactions.traces("A")
    assert [(one.record_id, one.call.call_uuid, one.property) for one in trace.related] == [
        (receipt.record_id, "B", "callId")
    ]


def test_every_trace_format_shows_other_system(crossed: Parts) -> None:
    receipt = crossed.recorder.record(leg())
    [trace] = crossed.interactions.traces("A")
    shown = trace.interaction, trace.related
    assert f"{receipt.record_id}  PARTICIPANT_DISCONNECTED, callId {CALL_ID} as call B" in to_text(*shown)
    assert f'"SIPServer1/B" -> "{receipt.record_id}" [style=dotted' in to_dot(*shown)
    assert "1 x PARTICIPANT_DISCONNECTED" in to_svg(*shown)
    [plain] = crossed.interactions.trace_interaction("A")["interactions"]
    assert [one["recordID"] for one in plain["related"]] == [receipt.record_id]


def test_rule_may_match_transaction_id(crossed: Parts) -> None:
    crossed.recorder.record(leg(service="OWN", global_transaction_id="L"))
    rules = [Rule("OWN", "globalTransactionID", "LinkID")]
    asked = Interactions(crossed.database, Policy(), rules)
    assert [one.value for one in asked.traces("A")[0].related] == ["L"]


def test_incomplete_crossing_rule_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="needs service, property and matches"):
        Rule.of({"service": "PEXIP_PARTICIPANT", "property": "callId"})


def test_interactions_listed_latest_first_by_state(crossed: Parts) -> None:
    crossed.take(ended("SIPServer2", "D", 900))
    crossed.settler.settle()
    listed = crossed.interactions.latest()
    assert [row.interaction_id for row in listed] == ["D", "A", "C"]
    assert [row.interaction_id for row in crossed.interactions.latest(final=True)] == ["D"]
    assert crossed.interactions.latest(problems_only=True) == []
