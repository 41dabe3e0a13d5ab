import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.trace import time_lines, to_json, to_text
from usage_service.systems.genesys.trace_drawing import to_dot, to_svg

from .support import DATA, ORDER
from .test_interaction import ended, event, whole

RENDERERS = {"txt": to_text, "json": to_json, "dot": to_dot, "svg": to_svg}


@pytest.mark.parametrize("suffix", RENDERERS)
def test_published_example_matches_golden_drawing(published: Interaction, suffix: str) -> None:
    """Regenerate with `REGENERATE=1 pytest tests/systems/genesys/test_trace.py`."""
    render: Callable[[Interaction], str] = RENDERERS[suffix]
    golden = DATA / "trace" / f"published.{suffix}"
    if os.environ.get("REGENERATE"):
        golden.write_text(render(published), encoding="utf-8")
    assert render(published) == golden.read_text(encoding="utf-8")


def test_time_lines_compare_within_one_server(published: Interaction) -> None:
    lines = time_lines(published)
    assert list(lines) == ["Tserver2", "SIPServer1"]
    assert all(moments == sorted(moments) for moments in lines.values())
    assert {moment.call.call_uuid for moment in lines["SIPServer1"]} == {ORDER[1]}


def test_tree_shows_repeated_call_only_once() -> None:
    found = whole(ended("X", "A", 1, into="B"), ended("X", "B", 2, into="A"))
    assert to_text(found).count("(see above)") == 1


def test_foreign_text_cannot_break_the_drawings() -> None:
    hostile = 'A"<b>\\'
    found = whole(event("X&", hostile, 1))
    assert hostile in "".join(ET.fromstring(to_svg(found)).itertext())
    assert json.loads(to_json(found))["calls"][0]["callUUID"] == hostile
    assert r'"X&/A\"<b>\\"' in to_dot(found)
