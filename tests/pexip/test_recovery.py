"""End to end over HTTP: lost, repeated and overtaken events, restarted sinks and a service killed again and again."""

import json
from pathlib import Path

from tests.pexip.driving import Poster, described, management, play
from tests.running import RunningService, running
from usage_service.demos.pexip_standin.script import BEGIN, Author

FROM_THE_START = ("--since", BEGIN.isoformat())


def test_after_reconciliation_totals_are_the_scripts_truth_whatever_was_lost_or_killed(
    tmp_path: Path, database_url: str
) -> None:
    script = Author(11).script(60, rooms=16)
    with management(script) as (url, _):
        service = RunningService(database_url, tmp_path, described(tmp_path, url))
        with running(service):
            poster = Poster(service, before=lambda posted: restart(service) if posted in (60, 150, 250) else None)
            network = play(script, poster, 11, bulk=4)
            assert network.lost > 30
            assert poster.posted > 300
            outcome = json.loads(service.run("pexip", "reconcile", *FROM_THE_START).stdout)
            assert outcome["missing"] > 0
            again = json.loads(service.run("pexip", "reconcile", *FROM_THE_START).stdout)
            assert (again["missing"], again["differing"], again["surplus"]) == (0, 0, 0)
            assert used(service) == script.seconds_by_tag()
            assert legs(service) == script.billed_legs()
            status = json.loads(service.run("pexip", "status").stdout)
            assert (status["waiting"], status["unread"], status["refused_changes"]) == (0, 0, 0)
            assert len(status["lost"]) > 10
            assert all(hole["reconciled_at"] for hole in status["lost"])


def restart(service: RunningService) -> None:
    service.kill()
    service.start()


def rows(service: RunningService, by: str) -> list[dict[str, object]]:
    report = service.run("pexip", "usage", "--by", by, "--period", "2026-03", "--format", "json")
    return [json.loads(line) for line in report.stdout.splitlines()]


def used(service: RunningService) -> dict[object, object]:
    return {row["service_tag"]: row["seconds"] for row in rows(service, "service-tag")}


def legs(service: RunningService) -> int:
    return sum(int(str(row["legs"])) for row in rows(service, "location"))
