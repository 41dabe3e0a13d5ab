"""Client of the platform's Management API: history rows, alarms, paging, watermarks and the rate limit.

REST, Tastypie JSON under `https://<manager>/api/admin/…`; `meta.next` is relative; more than 1,000 requests
in 60 s are answered with 429 (Pexip Infinity documentation, "Management API").
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import msgspec
import requests

from usage_service.errors import Busy, ServiceError
from usage_service.systems.pexip.fields import moment

PARTICIPANTS = "history/v1/participant/"
CONFERENCES = "history/v1/conference/"
ALARMS = "status/v1/alarm/"
SINK_ALARMS = frozenset({"eventsink_maximum_backoff", "eventsink_maximum_posts"})
"""Raised when a node's publisher gave up or queued too much: an operator has to restart the sink."""
PAGE = 1000
"""Rows per request; the documented default is 20, the maximum is not documented."""
OVERLAP = timedelta(minutes=5)
"""Rows reach the manager late and out of order, so the newest part of every poll is read again by the
next.
"""
PATIENCE = 5
"""How often one page is tried while the manager is busy or cannot be reached."""


class ManagementApiError(ServiceError):
    """The Management Node cannot be reached or does not answer as documented."""


@dataclass(frozen=True, kw_only=True)
class Poll:
    """One page of a history resource, oldest end first."""

    rows: tuple[Any, ...]
    watermark: datetime  # to begin the next poll at, once these rows are stored


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where the Management Node is and who we are there."""

    manager: str  # for example https://manager.example.com
    username: str
    password: str
    verify_certificate: bool = True
    timeout: float = 30.0  # seconds, per request


class ManagementApi:
    """Reads from one Management Node. Not shared between threads."""

    def __init__(self, login: Login, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._base = urljoin(login.manager, "/api/admin/")
        self._timeout = login.timeout
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = (login.username, login.password)
        self._session.verify = login.verify_certificate

    def participants(self, since: datetime, now: datetime) -> Iterator[Poll]:
        """Participant rows that ended at or after `since`. Keep a watermark of its own for this resource."""
        return self._poll(PARTICIPANTS, since, now)

    def conferences(self, since: datetime, now: datetime) -> Iterator[Poll]:
        """Conference rows that ended at or after `since`. Keep a watermark of its own for this resource."""
        return self._poll(CONFERENCES, since, now)

    def kept_conferences(self) -> int:
        """How many conferences the platform still remembers, to compare with its horizon."""
        return _total(self._page(urljoin(self._base, CONFERENCES), {"limit": "1"}))

    def sink_alarms(self) -> list[Mapping[str, Any]]:
        """Raised alarms that concern event sinks."""
        alarms = [alarm for page in self._pages(ALARMS, {}) for alarm in page if isinstance(alarm, dict)]
        return [alarm for alarm in alarms if alarm.get("name") in SINK_ALARMS]

    def _poll(self, resource: str, since: datetime, now: datetime) -> Iterator[Poll]:
        wanted = {"order_by": "end_time", "end_time__gte": _naive(since)}
        for rows in self._pages(resource, wanted):
            since = next_watermark(rows, since, now)
            yield Poll(rows=rows, watermark=since)

    def _pages(self, resource: str, wanted: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
        """The rows of every page; one page follows another by `next`, which is relative to the manager."""
        url: str | None = urljoin(self._base, resource)
        parameters: Mapping[str, str] = {"limit": str(PAGE), **wanted}
        while url is not None:
            page = self._page(url, parameters)
            yield tuple(page["objects"])
            following = page["meta"].get("next")
            url, parameters = (urljoin(url, following) if following else None), {}

    def _page(self, url: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        for attempt in range(PATIENCE):
            try:
                answer = self._session.get(url, params=parameters, timeout=self._timeout)
            except requests.RequestException as error:
                raise ManagementApiError(f"the Management Node cannot be reached: {error}") from error
            if answer.status_code != requests.codes.too_many_requests:
                return _read_page(answer)
            self._sleep(_pause(answer.headers.get("Retry-After"), attempt))
        raise Busy(f"the Management Node refused {url} {PATIENCE} times because of its rate limit")


def _read_page(answer: requests.Response) -> Mapping[str, Any]:
    if answer.status_code != requests.codes.ok:
        raise ManagementApiError(f"the Management Node answered {answer.status_code} for {answer.url}")
    try:
        page = msgspec.json.decode(answer.content)
    except ValueError as error:
        raise ManagementApiError(f"the Management Node sent no JSON for {answer.url}: {error}") from error
    if not (isinstance(page, dict) and isinstance(page.get("objects"), list) and isinstance(page.get("meta"), dict)):
        raise ManagementApiError(f"the Management Node sent no page of objects for {answer.url}")
    return page


def _pause(retry_after: str | None, attempt: int) -> float:
    """Seconds to wait after a 429: what the manager asks for, else doubling up to its 60 s window."""
    if retry_after is not None and retry_after.isdigit():
        return min(float(retry_after), 60.0)
    return min(5.0 * (1 << attempt), 60.0)


def _total(page: Mapping[str, Any]) -> int:
    total = page["meta"].get("total_count")
    return total if isinstance(total, int) else 0


def _naive(time: datetime) -> str:
    """A time as the platform writes it: UTC, without zone."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def next_watermark(rows: Iterable[Any], since: datetime, now: datetime) -> datetime:
    """Where the next poll begins: the newest end seen, but never within `OVERLAP` of now and never
    backwards.
    """
    ends = [end for row in rows if (end := _end(row)) is not None]
    return max(since, min(max(ends, default=since), now - OVERLAP))


def _end(row: Any) -> datetime | None:
    try:
        return moment(row["end_time"])
    except (ValueError, OverflowError, TypeError, KeyError):
        return None
