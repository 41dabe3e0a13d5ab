"""An interaction for the eye: as a tree of its path, and as one time line per server.

Clocks of different servers disagree by more than calls take, so times are only ever compared within one
server. What happened before what across servers is shown by the tree.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from usage_service.systems.genesys.call import Call, CallKey, Stamp, link_history
from usage_service.systems.genesys.interaction import MERGE, Interaction, Step, leaving
from usage_service.systems.genesys.link import LinkSide


class Moment(NamedTuple):
    """One entry of a server's time line."""

    stamp: Stamp
    call: CallKey
    what: str


class Related(NamedTuple):
    """A record of another system that belongs to the interaction, because it carries a value of one of the calls."""

    call: CallKey
    record_id: str
    service: str
    event_type: str
    time: datetime  # by the clock of that system
    property: str
    value: str


def time_lines(interaction: Interaction) -> dict[str, list[Moment]]:
    """What each server reported, in its own order; servers in the order of the path."""
    lines: defaultdict[str, list[Moment]] = defaultdict(list)
    for call in interaction.calls:
        lines[interaction.servers[call.key]] += _moments(call)
    return {server: sorted(moments) for server, moments in lines.items()}


def to_text(interaction: Interaction, related: Sequence[Related] = ()) -> str:
    """Tree and time lines as plain text; after them the records of other systems, each by its own clock."""
    head = f"interaction {interaction.interaction_id} ({'final' if interaction.final else 'open'})"
    lines = [head, "", *_tree(interaction), ""]
    for server, moments in time_lines(interaction).items():
        lines.append(f"time line of {server} (its own clock)")
        lines += [f"  {_time(moment.stamp)}  {moment.call.call_uuid}  {moment.what}" for moment in moments]
    lines += [f"link {link.link_id}: {link.state.value}" for link in interaction.links]
    lines += [f"inconsistent: {problem}" for problem in interaction.problems]
    for service in dict.fromkeys(one.service for one in related):
        lines.append(f"records of {service} (its own clock)")
        lines += [
            f"  {one.time:%Y-%m-%dT%H:%M:%S.%fZ}  {one.record_id}  {one.event_type}, {one.property} {one.value}"
            f" as call {one.call.call_uuid}"
            for one in related
            if one.service == service
        ]
    return "\n".join(lines) + "\n"


def to_json(interaction: Interaction, related: Sequence[Related] = ()) -> str:
    """The interaction as a JSON document."""
    return json.dumps(to_dict(interaction, related), indent=2, ensure_ascii=False) + "\n"


def to_dict(interaction: Interaction, related: Sequence[Related] = ()) -> dict[str, Any]:
    """The interaction as plain values: what the JSON document and other protocols carry."""
    return {
        "interaction": interaction.interaction_id,
        "final": interaction.final,
        "calls": [_call(interaction, call) for call in interaction.calls],
        "roots": [root.call_uuid for root in interaction.roots],
        "steps": [_step(step) for step in interaction.steps],
        "links": [
            {"link": link.link_id, "state": link.state.value, "sides": [_side(side) for side in link.sides]}
            for link in interaction.links
        ],
        "timeLines": [
            {"server": server, "moments": [_moment(one) for one in moments]}
            for server, moments in time_lines(interaction).items()
        ],
        "problems": list(interaction.problems),
        "related": [_related(one) for one in related],
    }


def label(interaction: Interaction, call: Call) -> str:
    """A call with its server; a question mark stands by a name that was concluded."""
    doubt = "?" if call.key in interaction.inferred else ""
    return f"{interaction.servers[call.key]}{doubt} {call.key.call_uuid}"


def _call(interaction: Interaction, call: Call) -> dict[str, Any]:
    return {
        "server": interaction.servers[call.key],
        "serverInferred": call.key in interaction.inferred,
        "callUUID": call.key.call_uuid,
        "connIDs": sorted(call.conn_ids),
        "started": call.started.isoformat(),
        "ended": call.ended.time.isoformat() if call.ended else None,
        "mergedInto": call.merged_into.value if call.merged_into else None,
        "attributes": {name: stated.value for name, stated in sorted(call.attributes.items())},
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "from": step.start.call_uuid,
        "to": step.end.call_uuid,
        "kind": step.kind,
        "link": step.link_id or None,
    }


def _side(side: LinkSide) -> dict[str, Any]:
    return {
        "call": side.reported.call_uuid,
        "currentCall": side.current.call_uuid,
        "role": side.role,
        "remoteLocation": side.remote_location,
        "removed": side.removed,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"time": moment.stamp.time.isoformat(), "callUUID": moment.call.call_uuid, "what": moment.what}


def _related(one: Related) -> dict[str, Any]:
    return {
        "call": one.call.call_uuid,
        "recordID": one.record_id,
        "service": one.service,
        "eventType": one.event_type,
        "time": one.time.isoformat(),
        "property": one.property,
        "value": one.value,
    }


def _moments(call: Call) -> Iterator[Moment]:
    yield Moment(call.created or call.first, call.key, "created" if call.created else "first seen")
    for change in link_history(call):
        yield Moment(change.stamp, call.key, f"link {change.link_id} {change.change}")
    if call.ended is not None:
        merged = f"merged into {call.merged_into.value}" if call.merged_into else "ended"
        yield Moment(call.ended, call.key, merged)


def _time(stamp: Stamp) -> str:
    return stamp.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _tree(interaction: Interaction) -> list[str]:
    """The path, indented; a call that is reached twice is shown once and then only named."""
    after = leaving(interaction.steps)
    calls = {call.key: call for call in interaction.calls}
    shown: set[CallKey] = set()
    lines: list[str] = []
    todo: list[tuple[CallKey, int, str]] = [(root, 0, "") for root in reversed(interaction.roots)]
    while todo:
        key, depth, arrow = todo.pop()
        again = " (see above)" if key in shown else ""
        lines.append("  " * depth + arrow + label(interaction, calls[key]) + again)
        if key not in shown:
            shown.add(key)
            todo += [(step.end, depth + 1, _arrow(step)) for step in reversed(after.get(key, []))]
    return lines


def _arrow(step: Step) -> str:
    return "<-[merged]-- " if step.kind == MERGE else f"--[{step.link_id}]--> "
