"""The Management Node: history and alarms as a WSGI application, from the same script."""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from demos.pexip_standin.reported import PROTOCOLS
from demos.pexip_standin.script import LOCATIONS, Call, Meeting, Script

BASE = "/api/admin/"
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass
class Manager:
    """Serves `history/v1/participant/`, `history/v1/conference/` and `status/v1/alarm/` with Tastypie
    paging.
    """

    script: Script
    now: datetime
    username: str = "admin"
    password: str = "secret"
    alarms: list[str] = field(default_factory=list)
    older: int = 0  # conferences from before the script that it still remembers
    refusals: int = 0  # how many of the next requests are answered with 429
    requests: int = 0

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        self.requests += 1
        status, body = self._answer(environ)
        start_response(status, [("Content-Type", "application/json"), ("Retry-After", "1")])
        return [json.dumps(body).encode()]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, Any]:
        credentials = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if environ.get("HTTP_AUTHORIZATION") != f"Basic {credentials}":
            return "401 Unauthorized", {}
        if self.refusals:
            self.refusals -= 1
            return "429 Too Many Requests", {}
        resources = {
            f"{BASE}history/v1/participant/": self.participants,
            f"{BASE}history/v1/conference/": self.conferences,
            f"{BASE}status/v1/alarm/": self._alarms,
        }
        path = environ["PATH_INFO"]
        if path not in resources:
            return "404 Not Found", {}
        query = {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        page = _page(resources[path](), path, query)
        if path.endswith("conference/"):
            page["meta"]["total_count"] += self.older
        return "200 OK", page

    def participants(self) -> list[dict[str, Any]]:
        """Every closed leg."""
        return [
            participant_row(meeting, call, self.now)
            for meeting in self.script.meetings
            for call in meeting.calls
            if call.end <= self.now
        ]

    def conferences(self) -> list[dict[str, Any]]:
        """Every conference that is over."""
        return [conference_row(meeting) for meeting in self.script.meetings if meeting.end <= self.now]

    def _alarms(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "level": "error", "node": "10.44.0.11", "instance": "usage", "details": ""}
            for name in self.alarms
        ]


def _page(rows: list[dict[str, Any]], path: str, query: dict[str, str]) -> dict[str, Any]:
    limit, offset = int(query.get("limit", 20)), int(query.get("offset", 0))
    chosen = _filtered(rows, query)
    rest = {**query, "limit": limit, "offset": offset + limit}
    following = f"{path}?{urlencode(rest)}" if offset + limit < len(chosen) else None
    meta = {
        "limit": limit,
        "offset": offset,
        "next": following,
        "previous": None,
        "total_count": len(chosen),
    }
    return {"meta": meta, "objects": chosen[offset : offset + limit]}


def _filtered(rows: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    since = query.get("end_time__gte")
    if since:
        rows = [row for row in rows if _time(row["end_time"]) >= _time(since)]
    order = query.get("order_by")
    return sorted(rows, key=lambda row: _time(row[order])) if order else rows


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def naive(time: datetime) -> str:
    """A time as the platform writes it: UTC without zone, and without fraction when there is none."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat()


def participant_row(meeting: Meeting, call: Call, now: datetime) -> dict[str, Any]:
    """A row of `history/participant`; its conference is null while that is still running."""
    conference = f"{BASE}history/v1/conference/{meeting.id}/" if meeting.end <= now else None
    return {
        "id": call.history_id,
        "call_uuid": call.call_id,
        "conversation_id": call.conversation_id,
        "av_id": call.uuid,
        "conference": conference,
        "conference_name": meeting.name,
        "service_tag": meeting.tag,
        "call_tag": call.call_tag,
        "service_type": "two_stage_dialing" if call.kind == "reception" else meeting.service_type,
        "call_direction": "in",
        "start_time": naive(call.start),
        "end_time": naive(call.end),
        "duration": (call.end - call.start) // timedelta(seconds=1),
        "disconnect_reason": "Call disconnected",
        "display_name": call.alias,
        "local_alias": "meet@example.com",
        "remote_alias": f"sip:{call.alias}",
        "protocol": PROTOCOLS.get(call.kind, "SIP"),
        "encryption": "On",
        "role": "chair",
        "remote_address": "10.0.1.12",
        "media_node": call.node,
        "signalling_node": call.node,
        "proxy_node": "",
        "system_location": LOCATIONS[call.node],
        "call_quality": "1_good",
        "has_media": call.kind not in {"api", "shadow"},
        "is_streaming": call.kind == "stream",
        "license_count": 1,
        "license_type": "port",
        "resource_uri": f"{BASE}history/v1/participant/{call.history_id}/",
    }


def conference_row(meeting: Meeting) -> dict[str, Any]:
    """A row of `history/conference`."""
    return {
        "id": meeting.id,
        "name": meeting.name,
        "service_type": meeting.service_type,
        "tag": meeting.tag,
        "start_time": naive(meeting.start),
        "end_time": naive(meeting.end),
        "duration": (meeting.end - meeting.start) // timedelta(seconds=1),
        "participant_count": len(meeting.calls),
        "instant_message_count": 0,
        "participants": [f"{BASE}history/v1/participant/{call.history_id}/" for call in meeting.calls],
        "resource_uri": f"{BASE}history/v1/conference/{meeting.id}/",
    }
