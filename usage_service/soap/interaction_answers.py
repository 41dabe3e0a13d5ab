"""Traced interactions in the words of the Usage Ledger's contract, from the plain values that other forms carry too."""

from collections.abc import Mapping
from typing import Any

Fields = dict[str, Any]
Plain = Mapping[str, Any]
"""The interaction as its JSON document has it: names as there, times as ISO text."""


def interaction(found: Plain) -> Fields:
    """An interaction with its path, links and time lines."""
    return {
        "interactionID": found["interaction"],
        "settled": _flag(found["final"]),
        "call": [_call(call) for call in found["calls"]],
        "root": found["roots"],
        "step": [_step(step) for step in found["steps"]],
        "link": [
            {"linkID": link["link"], "state": link["state"], "side": [_side(side) for side in link["sides"]]}
            for link in found["links"]
        ],
        "timeLine": [{"server": line["server"], "moment": line["moments"]} for line in found["timeLines"]],
        "problem": found["problems"],
        "related": [_related(record) for record in found["related"]],
    }


def _call(call: Plain) -> Fields:
    return {
        "server": call["server"],
        "serverInferred": _flag(call["serverInferred"]),
        "callUUID": call["callUUID"],
        "connID": call["connIDs"],
        "started": call["started"],
        "ended": call["ended"],
        "mergedInto": call["mergedInto"],
        "attribute": [{"name": name, "value": str(value)} for name, value in call["attributes"].items()],
    }


def _step(step: Plain) -> Fields:
    return {"fromCall": step["from"], "toCall": step["to"], "kind": step["kind"], "linkID": step["link"]}


def _side(side: Plain) -> Fields:
    return {
        "callUUID": side["call"],
        "currentCall": side["currentCall"],
        "role": side["role"],
        "remoteLocation": side["remoteLocation"],
        "removed": _flag(side["removed"]),
    }


def _related(record: Plain) -> Fields:
    return {
        "callUUID": record["call"],
        "recordID": record["recordID"],
        "service": record["service"],
        "eventType": record["eventType"],
        "recordTime": record["time"],
        "propertyName": record["property"],
        "value": record["value"],
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"
