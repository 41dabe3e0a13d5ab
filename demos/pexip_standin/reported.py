"""The script as event sink messages: what each node has to report, in its own order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demos.pexip_standin.script import LOCATIONS, Call, Meeting, Script

PROTOCOLS = {
    "webrtc": "WebRTC",
    "shadow": "WebRTC",
    "api": "API",
    "sip": "SIP",
    "h323": "H323",
    "stream": "RTMP",
}
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, order=True)
class ReportedEvent:
    """One event before it is numbered."""

    time: datetime
    node: str
    event: str
    data: dict[str, Any]

    def envelope(self, seq: int, version: int) -> dict[str, Any]:
        """The event as it goes on the wire."""
        return {
            "event": self.event,
            "node": self.node,
            "seq": seq,
            "version": version,
            "time": self.time.timestamp(),
            "data": self.data,
        }


def report(script: Script, version: int = 2) -> dict[str, list[ReportedEvent]]:
    """Everything the nodes have to report, per node, oldest first."""
    by_node: dict[str, list[ReportedEvent]] = {node: [] for node in LOCATIONS}
    for meeting in script.meetings:
        for reported in _meeting(meeting, version):
            by_node[reported.node].append(reported)
    return {node: sorted(reported, key=lambda one: one.time) for node, reported in by_node.items()}


def _meeting(meeting: Meeting, version: int) -> Iterator[ReportedEvent]:
    for node in sorted({call.node for call in meeting.calls}):
        calls = [call for call in meeting.calls if call.node == node]
        yield from _conference(meeting, node, min(c.start for c in calls), max(c.end for c in calls))
        for call in calls:
            yield from _call(meeting, call, version)


def _conference(meeting: Meeting, node: str, start: datetime, end: datetime) -> Iterator[ReportedEvent]:
    data = {
        "name": meeting.name,
        "service_type": meeting.service_type,
        "tag": meeting.tag,
        "start_time": start.timestamp(),
        "is_started": False,
        "is_locked": False,
        "guests_muted": False,
    }
    yield ReportedEvent(time=start, node=node, event="conference_started", data=data)
    updated = {**data, "is_started": True}
    yield ReportedEvent(time=start + MILLISECOND, node=node, event="conference_updated", data=updated)
    ended = {**updated, "end_time": end.timestamp()}
    yield ReportedEvent(time=end + 2 * MILLISECOND, node=node, event="conference_ended", data=ended)


def _call(meeting: Meeting, call: Call, version: int) -> Iterator[ReportedEvent]:
    data = participant_data(meeting, call)
    connecting = {**data, "service_type": "connecting", "connect_time": None}
    yield ReportedEvent(time=call.start, node=call.node, event="participant_connected", data=connecting)
    yield ReportedEvent(time=call.start + MILLISECOND, node=call.node, event="participant_updated", data=data)
    streams = media_streams(call, version)
    if version == 2 and streams:
        yield from _media(call, streams)
    gone = {
        **data,
        "disconnect_reason": "Call disconnected",
        "end_time": call.end.timestamp(),
        # The stated duration is taken elsewhere and differs by about a millisecond.
        "duration": (call.end - call.start).total_seconds() + 0.0013,
    }
    if version == 1:
        gone["media_streams"] = streams
    yield ReportedEvent(time=call.end + MILLISECOND, node=call.node, event="participant_disconnected", data=gone)


def _media(call: Call, streams: list[dict[str, Any]]) -> Iterator[ReportedEvent]:
    window: dict[str, Any] = {
        "uuid": call.uuid,
        "call_quality_was": "1_good",
        "call_quality_now": "3_bad" if call.seconds % 3 == 0 else "2_ok",
        "packet_loss_history": [],
        "recent_quality": [],
    }
    half = call.start + (call.end - call.start) / 2
    yield ReportedEvent(time=half, node=call.node, event="participant_media_stream_window", data=window)
    reported = call.related[0] if call.related else call.uuid
    destroyed = {"uuid": reported, "media_streams": streams}
    yield ReportedEvent(time=call.end, node=call.node, event="participant_media_streams_destroyed", data=destroyed)


def participant_data(meeting: Meeting, call: Call) -> dict[str, Any]:
    """The participant object of an event."""
    return {
        "uuid": call.uuid,
        "call_id": call.call_id,
        "conversation_id": call.conversation_id,
        "related_uuids": list(call.related),
        "call_tag": call.call_tag,
        "service_tag": meeting.tag,
        "service_type": "two_stage_dialing" if call.kind == "reception" else meeting.service_type,
        "conference": meeting.name,
        "call_direction": "in",
        "protocol": PROTOCOLS.get(call.kind, "SIP"),
        "role": "chair",
        "connect_time": call.start.timestamp(),
        "source_alias": call.alias,
        "destination_alias": "meet@example.com",
        "display_name": call.alias,
        "remote_address": "10.0.1.12",
        "vendor": "stand-in",
        "encryption": "On",
        "media_node": call.node,
        "signalling_node": call.node,
        "proxy_node": "",
        "system_location": LOCATIONS[call.node],
        "rx_bandwidth": 1024,
        "tx_bandwidth": 1024,
        "has_media": call.kind not in {"api", "shadow"},
        "is_muted": False,
        "is_client_muted": False,
        "is_presenting": False,
        "is_streaming": call.kind == "stream",
        "is_idp_authenticated": False,
    }


def media_streams(call: Call, version: int) -> list[dict[str, Any]]:
    """End-of-call statistics; the stream id is text in version 2 and a number in version 1."""
    if call.kind in {"api", "shadow"}:
        return []
    return [
        {
            "stream_id": str(number) if version == 2 else number,
            "stream_type": kind,
            "node": call.node,
            "start_time": call.start.timestamp(),
            "end_time": call.end.timestamp(),
            "rx_bitrate": 512,
            "tx_bitrate": 512,
            "rx_codec": "opus",
            "tx_codec": "opus",
            "rx_resolution": "None",
            "rx_packets_received": call.seconds * 50,
            "tx_packets_sent": call.seconds * 50,
            "rx_packets_lost": call.seconds % 7,
            "tx_packets_lost": 0,
        }
        for number, kind in enumerate(("audio", "video"))
    ]
