"""The Management API client against the stand-in, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from demos.pexip_standin.manager import Manager
from demos.pexip_standin.script import BEGIN, Author
from demos.pexip_standin.serving import served
from usage_service.errors import Busy
from usage_service.systems.pexip import management_api
from usage_service.systems.pexip.management_api import OVERLAP, Login, ManagementApi, ManagementApiError, next_watermark

from .building import at

SCRIPT = Author(11).script(30)
LATER = SCRIPT.end + timedelta(hours=1)


@contextmanager
def connected(manager: Any, pauses: list[float], password: str = "secret") -> Iterator[ManagementApi]:
    with served(manager) as url:
        login = Login(manager=url, username="admin", password=password)
        yield ManagementApi(login, sleep=pauses.append)


def test_all_rows_read_over_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management_api, "PAGE", 7)
    manager = Manager(SCRIPT, LATER)
    with connected(manager, []) as api:
        polls = list(api.participants(BEGIN, LATER))
    ids = [row["id"] for poll in polls for row in poll.rows]
    assert ids == [row["id"] for row in sorted(manager.participants(), key=lambda row: row["end_time"])]
    assert len(polls) > 10


def test_poll_reads_only_beyond_watermark() -> None:
    with connected(Manager(SCRIPT, LATER), []) as api:
        [first] = api.conferences(BEGIN, LATER)
        [again] = api.conferences(first.watermark, LATER)
    assert first.watermark == SCRIPT.end
    assert len(again.rows) == 1


def test_watermark_lags_now_for_late_rows() -> None:
    rows = [{"end_time": "2026-03-02T11:59:59"}]
    assert next_watermark(rows, at(-3600), at(0)) == at(0) - OVERLAP


def test_the_watermark_never_goes_back() -> None:
    assert next_watermark([], at(0), at(60)) == at(0)
    assert next_watermark([{"end_time": None}, "odd"], at(0), at(600)) == at(0)


def test_busy_manager_retried_after_requested_pause() -> None:
    pauses: list[float] = []
    with connected(Manager(SCRIPT, LATER, refusals=2), pauses) as api:
        assert api.kept_conferences() == len(SCRIPT.meetings)
    assert pauses == [1.0, 1.0]


def test_persistently_busy_manager_is_left_alone() -> None:
    with connected(Manager(SCRIPT, LATER, refusals=99), []) as api, pytest.raises(Busy):
        api.kept_conferences()


def test_wrong_password_is_service_error() -> None:
    with connected(Manager(SCRIPT, LATER), [], password="wrong") as api, pytest.raises(ManagementApiError):
        api.kept_conferences()


def test_unreachable_manager_is_service_error() -> None:
    api = ManagementApi(Login(manager="http://127.0.0.1:9", username="", password="", timeout=1))
    with pytest.raises(ManagementApiError, match="cannot be reached"):
        api.kept_conferences()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"meta":{},"objects":{}}'])
def test_invalid_page_is_service_error(body: bytes) -> None:
    def odd(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [body]

    with connected(odd, []) as api, pytest.raises(ManagementApiError):
        api.kept_conferences()


def test_only_event_sink_alarms_are_reported() -> None:
    alarms = ["eventsink_maximum_backoff", "licenses_exhausted"]
    with connected(Manager(SCRIPT, LATER, alarms=alarms), []) as api:
        assert [alarm["name"] for alarm in api.sink_alarms()] == ["eventsink_maximum_backoff"]
