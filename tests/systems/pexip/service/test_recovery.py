"""End to end over HTTP: lost, repeated and overtaken events, restarted sinks and a service killed again and again."""

import json
from pathlib import Path

from demos.pexip_standin.script import BEGIN, Author, Script
from tests.running import RunningService, running
from tests.systems.pexip.service.driving import Poster, described, management, play
from tests.systems.pexip.service.working import MARCH, working
from usage_service.cli.parsing import calendar_period
from usage_service.database.database import open_database
from usage_service.systems.pexip.reconcile import Verdict
from usage_service.systems.pexip.reports import PexipReports
from usage_service.systems.pexip.store import PexipInbox

FROM_THE_START = ("--since", BEGIN.isoformat())
ONE_WORKER = {"workers": "1"}  # beside the process that turns events into records; more only take longer to start


def test_reconciliation_restores_true_totals_after_failures(tmp_path: Path, database_url: str) -> None:
    script = Author(11).script(60, rooms=16)
    with management(script) as (url, _):
        service = RunningService(database_url, tmp_path, described(tmp_path, url) | ONE_WORKER)
        with running(service):
            poster = Poster(service, before=lambda posted: restart(service) if posted in (60, 200) else None)
            network = play(script, poster, 11, bulk=4)
            assert network.lost > 30
            assert poster.posted > 300
            outcome = json.loads(service.run("pexip", "reconcile", *FROM_THE_START).stdout)
            assert outcome["missing"] > 0
        assert_true_to(script, database_url)
        assert_nothing_is_left_to_reconcile(database_url, url)


def restart(service: RunningService) -> None:
    """`kill -9` of every process, and a start on what they left."""
    service.kill()
    service.start(again=True)


def assert_true_to(script: Script, url: str) -> None:
    """Totals to the second, each leg once, nothing waiting, and every loss known and repaired."""
    database = open_database(url)
    reports, march = PexipReports(database), calendar_period(MARCH)
    assert {
        row["service_tag"]: row["seconds"] for row in reports.usage("service-tag", *march)
    } == script.seconds_by_tag()
    assert sum(row["legs"] for row in reports.usage("location", *march)) == script.billed_legs()
    assert (PexipInbox(database).length(), reports.events(unread=True)) == (0, [])
    assert reports.gaps()
    assert all(gap["reconciled_at"] for gap in reports.gaps())
    database.close()


def assert_nothing_is_left_to_reconcile(url: str, manager: str) -> None:
    """A second look at the whole history finds what the first one left."""
    database = open_database(url)
    with working(database, manager) as bench:
        verdicts = bench.work.reconcile(since=BEGIN).verdicts
    assert [verdicts[verdict] for verdict in (Verdict.MISSING, Verdict.DIFFERING, Verdict.SURPLUS)] == [0, 0, 0]
    database.close()
