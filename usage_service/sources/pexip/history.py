"""Rows of the platform's history, read into the same words as events.

`history/participant` and `history/conference` of the Management API (Tastypie). Their times are UTC without
saying so and their durations are whole seconds, truncated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from usage_service.sources.pexip.events import (
    CONFERENCE_FIELDS,
    PARTICIPANT_FIELDS,
    Conference,
    Participant,
)
from usage_service.sources.pexip.fields import Field, read_fields, text

HORIZON = 10_000
"""The platform keeps only this many newest conferences; older ones vanish with their participants."""
HORIZON_WARNING = 0.8
"""Share of the horizon from which on an operator should be warned."""


@dataclass(frozen=True, kw_only=True)
class ParticipantRow:
    """One closed leg as history states it: `said` overrules events, `hints` fill what they left out."""

    id: str
    said: Participant
    hints: Participant
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConferenceRow:
    """One ended conference as history states it."""

    id: str
    said: Conference
    remarks: tuple[str, ...] = ()


def _renamed(table: Mapping[str, Field], **wire_names: str) -> dict[str, Field]:
    return {name: Field((wire_name,), table[name].read) for name, wire_name in wire_names.items()}


_SAID: Mapping[str, Field] = {
    **_renamed(
        PARTICIPANT_FIELDS,
        uuid="id",
        call_id="call_uuid",
        conference="conference_name",
        connect_time="start_time",
        end_time="end_time",
    ),
    **{
        name: PARTICIPANT_FIELDS[name]
        for name in [
            "conversation_id",
            "service_tag",
            "call_tag",
            "service_type",
            "duration",
            "has_media",
            "is_streaming",
            "protocol",
        ]
    },
}
_HINTS: Mapping[str, Field] = {
    **_renamed(PARTICIPANT_FIELDS, source_alias="remote_alias", destination_alias="local_alias"),
    **{
        name: PARTICIPANT_FIELDS[name]
        for name in [
            "call_direction",
            "role",
            "display_name",
            "remote_address",
            "vendor",
            "encryption",
            "media_node",
            "signalling_node",
            "proxy_node",
            "system_location",
            "rx_bandwidth",
            "tx_bandwidth",
            "license_count",
            "is_idp_authenticated",
            "disconnect_reason",
        ]
    },
    "call_quality": Field(("call_quality",), text),
}
_CONFERENCE_ID = {"id": Field(("id",), text)}


def read_participant_row(row: Any) -> ParticipantRow | str:
    """A row of `history/participant`, or the reason why it is none."""
    if not isinstance(row, dict):
        return "the row is not an object"
    said, unreadable = read_fields(row, _SAID)
    hints, unreadable_hints = read_fields(row, _HINTS)
    if not said.get("uuid"):
        return "a participant row without id"
    if "connect_time" not in said or "end_time" not in said:
        return "a participant row without start and end"
    remarks = tuple(f"unreadable {name}" for name in unreadable + unreadable_hints)
    return ParticipantRow(id=said["uuid"], said=Participant(**said), hints=Participant(**hints), remarks=remarks)


def read_conference_row(row: Any) -> ConferenceRow | str:
    """A row of `history/conference`, or the reason why it is none."""
    if not isinstance(row, dict):
        return "the row is not an object"
    fields, unreadable = read_fields(row, {**CONFERENCE_FIELDS, **_CONFERENCE_ID})
    row_id = fields.pop("id", "")
    if not row_id or not fields.get("name"):
        return "a conference row without id and name"
    if "start_time" not in fields or "end_time" not in fields:
        return "a conference row without start and end"
    remarks = tuple(f"unreadable {name}" for name in unreadable)
    return ConferenceRow(id=row_id, said=Conference(**fields), remarks=remarks)


def horizon_warning(conferences_kept: int) -> str | None:
    """A warning before the platform starts to forget conferences; None while there is room."""
    if conferences_kept < HORIZON * HORIZON_WARNING:
        return None
    return (
        f"the platform keeps {conferences_kept} of at most {HORIZON} conferences; "
        "older ones and their participants vanish, so reconcile more often"
    )
