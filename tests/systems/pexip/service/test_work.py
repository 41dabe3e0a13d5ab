"""The worker: what the receiver stored becomes records, once, whenever the work is interrupted."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from demos.pexip_standin.publisher import publishers
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import BEGIN, Author, Script
from tests.systems.pexip.building import leg, unix
from tests.systems.pexip.service.driving import management, play
from tests.systems.pexip.service.working import Bench, working
from usage_service.database.database import Database
from usage_service.errors import StoreUnavailable
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.model import Period, RecordFilter
from usage_service.ledger.periods import Periods
from usage_service.ledger.records import Records
from usage_service.systems.pexip.reports import PexipReports
from usage_service.systems.pexip.rules import BillingRules
from usage_service.systems.pexip.store import PexipInbox, PexipUsages
from usage_service.systems.pexip.usage import conference_key_prefix


def message(name: str, data: dict[str, Any], seq: int = 1, seconds: float = 0) -> bytes:
    reported = {"event": name, "node": "n1", "seq": seq, "version": 2, "time": unix(seconds), "data": data}
    return json.dumps(reported).encode()


def gone(uuid: str, seq: int = 1, **fields: Any) -> bytes:
    return message("participant_disconnected", leg(uuid, **fields), seq, 60)


def perfect(script: Script) -> list[bytes]:
    """The bodies of a network without faults."""
    bodies: list[bytes] = []
    for sink in publishers(report(script), lambda body: bodies.append(body) or 204):
        sink.start(BEGIN)
        sink.run(script.end.replace(year=script.end.year + 1))
    return bodies


def current(bench: Bench) -> list[dict[str, str]]:
    return [dict(stored.record.properties) for stored in Records(bench.database).find(RecordFilter(), limit=10_000)]


def test_perfect_network_gives_true_totals(database: Database) -> None:
    script = Author(1).script(20)
    with working(database) as bench:
        bench.post(*perfect(script))
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == script.seconds_by_tag()
        assert PexipReports(database).gaps() == []


def test_reconciliation_repairs_bad_network(database: Database) -> None:
    script = Author(2).script(30, rooms=10)
    with management(script) as (url, _), working(database, url) as bench:
        play(script, lambda body: bench.post(body) or 204, 2, bulk=5)
        outcome = bench.work.reconcile(since=BEGIN)
        assert sum(outcome.verdicts.values()) == outcome.rows
        assert bench.seconds_by_tag() == script.seconds_by_tag()
        assert PexipReports(database).findings()["missing"] == outcome.verdicts["missing"]


def test_the_ledgers_completeness_counts_every_node(database: Database) -> None:
    with working(database) as bench:
        bench.post(gone("a", 1), gone("b", 2), gone("c", 5))
        bench.work.catch_up_fully()
    [found] = SourceSequences(database).completeness("pexip:test/main/n1")
    assert (found.seen, found.missing, found.gaps) == (3, 2, ((3, 4),))


@pytest.mark.parametrize("step", ["note", "take_events"])
def test_crash_between_commits_records_nothing_twice(
    database: Database, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = PexipUsages if step == "note" else type(PexipInbox(database))
    with working(database) as bench:
        bench.post(gone("a"), gone("b", 2))
        with monkeypatch.context() as broken:
            broken.setattr(owner, "note" if step == "note" else "waiting", die)
            with pytest.raises(StoreUnavailable):
                bench.work.catch_up_fully()
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == {"acme": 120}
        assert len(current(bench)) == 2


def test_changes_since_crash_corrected_in_ledger(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with working(database) as bench:
        for body in (gone("a"), gone("a", 2, duration=90), gone("a", 3, service_type="ivr")):
            with monkeypatch.context() as broken:
                broken.setattr(PexipUsages, "note", die)
                bench.post(body)
                with pytest.raises(StoreUnavailable):
                    bench.work.catch_up_fully()
        bench.work.catch_up_fully()
        assert bench.usage("service-tag") == []


def test_better_data_corrects_and_keeps_history(database: Database) -> None:
    with working(database) as bench:
        bench.post(gone("a"))
        bench.work.catch_up_fully()
        bench.post(message("participant_disconnected", leg("a", 0, 90), 2, 90))
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == {"acme": 90}
        first = Records(database).find(RecordFilter(service="PEXIP_PARTICIPANT"))[0]
        [before, now] = Adjustments(database, host="test", issue_id=str).history(first.record_id)
        assert before.adjustment is not None
        assert "durationSeconds" in before.adjustment.reason.text
        assert now.adjustment is None


def test_closed_period_change_rejected_and_reported(database: Database) -> None:
    with working(database) as bench:
        bench.post(gone("a"))
        bench.work.catch_up_fully()
        close_march(database)
        bench.post(message("participant_disconnected", leg("a", 0, 90), 2, 90))
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == {"acme": 60}
        assert PexipUsages(database).refused() == 1


def test_unreadable_input_kept_without_blocking_others(database: Database) -> None:
    with working(database) as bench:
        bench.post(b"{", b"", b"\xff", message("presentation_started", {}), gone("a", 2, display_name="\x00\x01"))
        bench.work.catch_up_fully()
        reports = PexipReports(database)
        assert [row["reason"] is not None for row in reports.events()] == [False, False, True, True, True]
        assert len(reports.events(unread=True)) == 3
        assert bench.seconds_by_tag() == {"acme": 60}


def test_forgotten_data_stays_as_recorded(database: Database) -> None:
    with working(database) as bench:
        bench.post(gone("a"))
        bench.work.catch_up_fully()
        bench.work.forget(datetime(2999, 1, 1, tzinfo=UTC))
        bench.post(gone("a", 2, duration=1), message("participant_connected", leg("a"), 3))
        bench.work.catch_up_fully()
        assert bench.seconds_by_tag() == {"acme": 60}


@pytest.mark.parametrize("noted", [True, False])
def test_meetings_found_by_their_own_room(database: Database, noted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = [f"room {number}" for number in range(3)]
    times = {"start_time": unix(0), "end_time": unix(60)}
    with working(database) as bench:
        with monkeypatch.context() as broken:
            bench.post(*(message("conference_ended", {"name": room, **times}, 1, 60) for room in rooms))
            if not noted:
                broken.setattr(PexipUsages, "note", die)
            with nullcontext() if noted else pytest.raises(StoreUnavailable):
                bench.work.catch_up_fully()
        usages = PexipUsages(database)
        prefixes = [conference_key_prefix(BillingRules(source="pexip:test"), room) for room in [*rooms, "other"]]
        found = usages.with_prefixes("PEXIP_CONFERENCE", prefixes)
        assert [len(found[prefix]) for prefix in prefixes] == [1, 1, 1, 0]
        assert all(row["usage_key"].startswith(prefix) for prefix in prefixes for row in found[prefix])


def test_long_and_strange_names_are_recorded(database: Database) -> None:
    name = "Råd\t\x02" * 2_000
    with working(database) as bench:
        bench.post(gone("u" * 5_000, conference=name, service_tag="\ud7ff" + "x" * 300, conversation_id=" "))
        bench.work.catch_up_fully()
        assert [row["legs"] for row in bench.usage("service-tag")] == [1]


def die(*_: object, **__: object) -> None:
    raise StoreUnavailable("killed")


def close_march(database: Database) -> None:
    periods = Periods(database, issue_id=lambda: "00000000-0000-7000-8000-000000000001")
    march = Period(service="", starts_at=datetime(2026, 3, 1, tzinfo=UTC), ends_at=datetime(2026, 4, 1, tzinfo=UTC))
    periods.close(march, actor="accounting", reason="invoiced")
