"""The worker's thread: works by itself, beside others, and reconciles when numbers are missing."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from demos.pexip_standin.script import Author
from tests.running import wait_until
from tests.systems.pexip.service.driving import management
from tests.systems.pexip.service.test_work import gone, perfect
from tests.systems.pexip.service.working import working
from usage_service.cli.parsing import calendar_period
from usage_service.database.database import Database
from usage_service.errors import InvalidValue
from usage_service.systems.pexip.store import PexipStates
from usage_service.systems.pexip.worker import Worker


def test_two_workers_record_every_leg_once(database: Database) -> None:
    with working(database) as one, working(database) as two:
        workers = [Worker(bench.work, database, timedelta()) for bench in (one, two)]
        for worker in workers:
            worker.start()
        for number in range(20):
            one.post(gone(f"leg {number}", number + 1))
        wait_until(lambda: one.seconds_by_tag() == {"acme": 20 * 60}, "the records", 60)
        for worker in workers:
            worker.stop()


def test_sequence_gap_makes_worker_read_history(database: Database) -> None:
    script = Author(5).script(6)
    with ExitStack() as opened:
        url, _ = opened.enter_context(management(script))
        bench = opened.enter_context(working(database, url))
        bench.post(*(body for place, body in enumerate(perfect(script)) if place % 3))
        worker = Worker(bench.work, database, timedelta(minutes=10))
        worker.start()
        opened.callback(worker.stop)
        wait_until(lambda: bench.seconds_by_tag() == script.seconds_by_tag(), "the repair", 60)


def test_what_is_pending_is_not_forgotten(database: Database) -> None:
    with working(database) as bench:
        bench.post(gone("a"))
        bench.work.intake.step()
        assert PexipStates(database).forget(datetime(2999, 1, 1, tzinfo=UTC)) == 0
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == {"acme": 60}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026-03", (2026, 3, 1), (2026, 4, 1)),
        ("2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("2028-02-29", (2028, 2, 29), (2028, 3, 1)),
    ],
)
def test_period_is_year_month_or_day(text: str, start: tuple[int, ...], end: tuple[int, ...]) -> None:
    assert calendar_period(text) == (_day(*start), _day(*end))


@pytest.mark.parametrize("text", ["", "march", "2026-13", "2026-02-30", "2026-03-02-01"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(InvalidValue):
        calendar_period(text)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)
