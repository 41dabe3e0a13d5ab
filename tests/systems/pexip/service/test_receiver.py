"""The receiver over HTTP: nothing about the content is refused, and no unknown sender gets in."""

import pytest
import requests

from tests.running import RunningService, wait_until
from tests.systems.pexip.service.test_work import gone
from tests.systems.pexip.service.working import MARCH
from usage_service.cli.parsing import calendar_period
from usage_service.database.database import open_database
from usage_service.systems.pexip.reports import PexipReports

LOGIN = ("sink", "pässword".encode())


def post(service: RunningService, sink: str = "main", body: bytes = b"{}", **more: object) -> requests.Response:
    return requests.post(f"{service.url}/pexip/event-sink/{sink}", data=body, timeout=10, **more)


def usage(service: RunningService, tag: str) -> list[dict[str, object]]:
    database = open_database(service.database)
    rows = PexipReports(database).usage("service-tag", *calendar_period(MARCH))
    database.close()
    return [row for row in rows if row["service_tag"] == tag]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"event":"x"}', b"[" * 100_000, b"x" * 9_000_000]
)
def test_whatever_is_posted_is_answered_204(pexip_service: RunningService, body: bytes) -> None:
    answer = post(pexip_service, body=body)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("content_type", ["application/json", "text/json", "application/xml", ""])
def test_the_content_type_does_not_matter(pexip_service: RunningService, content_type: str) -> None:
    tag = f"type {content_type}"
    body = gone(tag, service_tag=tag)
    assert post(pexip_service, body=body, headers={"Content-Type": content_type}).status_code == 204
    wait_until(lambda: usage(pexip_service, tag) != [], "the record", 30)


def test_unknown_sink_fails_authentication_check(pexip_service: RunningService) -> None:
    assert post(pexip_service, "other").status_code == 401


@pytest.mark.parametrize(
    ("query", "login", "status"),
    [
        ("?secret=s3cret", LOGIN, 204),
        ("?secret=other", LOGIN, 401),
        ("", LOGIN, 401),
        ("?secret=s3cret", ("sink", "wrong"), 401),
        ("?secret=s3cret", None, 401),
    ],
)
def test_guarded_sink_needs_password_and_secret(
    pexip_service: RunningService, query: str, login: tuple[str, bytes] | None, status: int
) -> None:
    assert post(pexip_service, f"guarded{query}", auth=login).status_code == status


def test_only_posts_are_taken(pexip_service: RunningService) -> None:
    answer = requests.get(f"{pexip_service.url}/pexip/event-sink/main", timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_unreadable_events_are_listed_with_reason(pexip_service: RunningService) -> None:
    post(pexip_service, body=b"not JSON at all")

    def reasons() -> str:
        return pexip_service.run("pexip", "events", "--unread", "--format", "json").stdout

    wait_until(lambda: "not JSON" in reasons(), "the reject", 30)
