"""`traceInteraction` and `interactions show` tell the same of the published example."""

import json
from typing import Any

import pytest

from tests.cli.test_commands import run_here
from tests.running import RunningService
from tests.systems.genesys.support import ORDER, PAGE
from usage_service.client.ledger_types import Interaction
from usage_service.client.usage_ledger import UsageLedger
from usage_service.errors import NotFound

LINK = "00RP30KH7088L1IC08GB82LAES000316"


@pytest.fixture(scope="module")
def service(shared_service: RunningService) -> RunningService:
    """A running service that has read the published page."""
    assert run_here(shared_service, "genesys", "load", str(PAGE)).returncode == 0
    return shared_service


@pytest.fixture(scope="module")
def ledger(service: RunningService) -> UsageLedger:
    return UsageLedger(f"{service.url}/soap/usage-ledger")


@pytest.mark.parametrize("identifier", [ORDER[1], LINK, "009a021843038407"])
def test_both_tell_the_same(service: RunningService, ledger: UsageLedger, identifier: str) -> None:
    [traced] = ledger.trace(identifier)
    shown = json.loads(run_here(service, "interactions", "show", identifier, "--format", "json").stdout)
    assert as_document(traced) == shown


def test_path_and_time_lines_are_walkable(ledger: UsageLedger) -> None:
    [traced] = ledger.trace(ORDER[0])
    following = {step.from_call: step.to_call for step in traced.steps}
    [root] = traced.roots
    assert [root, following[root], following[following[root]]] == list(ORDER)
    assert [line.server for line in traced.time_lines] == ["Tserver2", "SIPServer1"]
    for line in traced.time_lines:
        assert [moment.time for moment in line.moments] == sorted(moment.time for moment in line.moments)


def test_unknown_identifier_is_typed_fault(ledger: UsageLedger) -> None:
    with pytest.raises(NotFound, match="there is no interaction known as nobody"):
        ledger.trace("nobody")


def as_document(traced: Interaction) -> dict[str, Any]:
    """A traced interaction in the words of the command line's JSON."""
    return {
        "interaction": traced.interaction_id,
        "final": traced.settled,
        "calls": [
            {
                "server": call.server,
                "serverInferred": call.server_inferred,
                "callUUID": call.call_uuid,
                "connIDs": list(call.conn_ids),
                "started": call.started.isoformat(),
                "ended": call.ended and call.ended.isoformat(),
                "mergedInto": call.merged_into,
                "attributes": dict(call.attributes),
            }
            for call in traced.calls
        ],
        "roots": list(traced.roots),
        "steps": [
            {"from": step.from_call, "to": step.to_call, "kind": step.kind, "link": step.link_id}
            for step in traced.steps
        ],
        "links": [
            {
                "link": link.link_id,
                "state": link.state,
                "sides": [
                    {
                        "call": side.call_uuid,
                        "currentCall": side.current_call,
                        "role": side.role,
                        "remoteLocation": side.remote_location,
                        "removed": side.removed,
                    }
                    for side in link.sides
                ],
            }
            for link in traced.links
        ],
        "timeLines": [
            {
                "server": line.server,
                "moments": [
                    {"time": one.time.isoformat(), "callUUID": one.call_uuid, "what": one.what} for one in line.moments
                ],
            }
            for line in traced.time_lines
        ],
        "problems": list(traced.problems),
        "related": [
            {
                "call": one.call_uuid,
                "recordID": one.record_id,
                "service": one.service,
                "eventType": one.event_type,
                "time": one.record_time.isoformat(),
                "property": one.property_name,
                "value": one.value,
            }
            for one in traced.related
        ],
    }
