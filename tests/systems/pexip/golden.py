"""What each sample in `data/` must give; written anew with `python -m tests.systems.pexip.golden`.

Read the difference before committing it: a golden file is the promise, not the program's opinion.
"""

import json
from pathlib import Path
from typing import Any

from tests.systems.pexip.building import gaps_in, numbered, usages_of
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event, Rejected, read_body
from usage_service.systems.pexip.sequence import SequenceLog
from usage_service.systems.pexip.usage import Usage

DATA = Path(__file__).parent / "data"


def samples() -> list[Path]:
    """The inputs, without their golden files."""
    return sorted(path for path in DATA.glob("*.json") if not path.name.endswith(".golden.json"))


def golden_path(sample: Path) -> Path:
    """Where the result of a sample is kept."""
    return sample.with_suffix(".golden.json")


def bodies(sample: Path) -> list[bytes]:
    """The POST bodies of a sample; `raw` stands for a body that is no JSON object."""
    written = json.loads(sample.read_text())["bodies"]
    return [_body(body) for body in written]


def _body(written: Any) -> bytes:
    if isinstance(written, dict) and written.keys() == {"raw"}:
        return str(written["raw"]).encode()
    return json.dumps(written, ensure_ascii=False).encode()


def messages(sample: Path) -> list[Event | Rejected]:
    """Everything read from a sample."""
    return [message for body in bodies(sample) for message in read_body(body)]


def outcome(sample: Path) -> dict[str, Any]:
    """What a sample gives, as plain JSON."""
    read = messages(sample)
    events = [message for message in read if isinstance(message, Event)]
    calls = Calls()
    for event in events:
        calls.apply(event)
    return {
        "events": [f"{event.node} {event.seq} {event.kind}" for event in events],
        "remarks": [remark for event in events for remark in event.remarks],
        "rejected": [f"{one.position}: {one.reason.split(': ')[0]}" for one in read if isinstance(one, Rejected)],
        "missing": _missing(events),
        "usages": [_usage(usage) for usage in usages_of(calls)],
    }


def _missing(events: list[Event]) -> dict[str, list[str]]:
    logs: dict[str, SequenceLog] = {}
    for event in events:
        if event.seq:
            logs[event.node] = numbered(logs.get(event.node, SequenceLog()), event)
    return {node: [f"{gap.first}-{gap.last}" for gap in gaps_in(log)] for node, log in logs.items() if gaps_in(log)}


def _usage(usage: Usage) -> dict[str, Any]:
    if usage.record is None:
        return {"key": usage.key, "not recorded": usage.reason}
    return {
        "key": usage.key,
        "service": usage.record.service,
        "time": usage.record.record_time.isoformat(),
        "properties": dict(usage.record.properties),
    }


def write() -> None:
    """Write every golden file anew."""
    for sample in samples():
        text = json.dumps(outcome(sample), indent=1, ensure_ascii=False)
        golden_path(sample).write_text(text + "\n")


if __name__ == "__main__":
    write()
