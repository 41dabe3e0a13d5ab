"""The stand-in tells its script to our modules, and our totals are the script's truth."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import requests

from demos.pexip_standin.manager import Manager
from demos.pexip_standin.publisher import Faults, publishers
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import BEGIN, Author, Script
from demos.pexip_standin.serving import served
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event, read_body
from usage_service.systems.pexip.history import ConferenceRow, ParticipantRow, read_conference_row, read_participant_row
from usage_service.systems.pexip.reconcile import Verdict, reconcile_conferences, reconcile_participants
from usage_service.systems.pexip.sequence import SequenceLog
from usage_service.systems.pexip.usage import CONFERENCE_SERVICE, PARTICIPANT_SERVICE

from .building import RULES, gaps_in, numbered, usages_of

END_OF_TIME = timedelta(days=365)


class Receiver:
    """Takes bodies as the receiver will, in process."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.logs: dict[str, SequenceLog] = {}
        self.bodies: list[bytes] = []
        self.available = True

    def __call__(self, body: bytes) -> int:
        if not self.available:
            return 503
        self.bodies.append(body)
        for event in read_body(body):
            assert isinstance(event, Event)
            self.calls.apply(event)
            self.logs[event.node] = numbered(self.logs.get(event.node, SequenceLog()), event)
        return 204


def play(script: Script, post: Any, *, version: int = 2, bulk: int = 1) -> None:
    for publisher in publishers(report(script, version), post, version=version, bulk=bulk):
        publisher.start(BEGIN - timedelta(seconds=1))
        publisher.run(script.end + END_OF_TIME)


def play_with_a_restart(script: Script, post: Any) -> None:
    """Every sink is stopped half way and started again when all is over: the backlog comes in one burst."""
    for sink in publishers(report(script), post):
        sink.start(BEGIN - timedelta(seconds=1))
        sink.run(BEGIN + (script.end - BEGIN) / 2)
        sink.start(script.end)
        sink.run(script.end + END_OF_TIME)


def participant_rows(manager: Manager) -> list[ParticipantRow]:
    rows = [read_participant_row(row) for row in manager.participants()]
    return [row for row in rows if isinstance(row, ParticipantRow)]


def conference_rows(manager: Manager) -> list[ConferenceRow]:
    rows = [read_conference_row(row) for row in manager.conferences()]
    return [row for row in rows if isinstance(row, ConferenceRow)]


def recorded(calls: Calls, service: str) -> list[dict[str, str]]:
    records = [usage.record for usage in usages_of(calls, RULES) if usage.record]
    return [dict(record.properties) for record in records if record.service == service]


def seconds_by_tag(calls: Calls) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for leg in recorded(calls, PARTICIPANT_SERVICE):
        totals[leg["serviceTag"]] += int(leg["durationSeconds"])
    return dict(totals)


@pytest.mark.parametrize(("version", "bulk"), [(1, 1), (2, 1), (2, 7)])
def test_perfect_network_records_every_leg_once(version: int, bulk: int) -> None:
    script, receiver = Author(1).script(40), Receiver()
    play(script, receiver, version=version, bulk=bulk)
    assert len(recorded(receiver.calls, PARTICIPANT_SERVICE)) == script.billed_legs()
    assert len(recorded(receiver.calls, CONFERENCE_SERVICE)) == len(script.meetings)
    assert all(not gaps_in(log) for log in receiver.logs.values())


@pytest.mark.parametrize("seed", range(5))
def test_reconciliation_repairs_bad_network_damage(seed: int) -> None:
    script, receiver = Author(seed).script(60), Receiver()
    network = Faults(receiver, seed, loss=0.1, repeat=0.1, reorder=0.1)
    play_with_a_restart(script, network)
    network.release()
    assert any(gaps_in(log) for log in receiver.logs.values())
    manager = Manager(script, script.end)
    reconcile_participants(receiver.calls, participant_rows(manager), RULES)
    reconcile_conferences(receiver.calls, conference_rows(manager), RULES)
    assert seconds_by_tag(receiver.calls) == script.seconds_by_tag()
    assert len(recorded(receiver.calls, PARTICIPANT_SERVICE)) == script.billed_legs()
    assert len(recorded(receiver.calls, CONFERENCE_SERVICE)) == len(script.meetings)


def test_history_before_events_gives_same_legs() -> None:
    script, receiver = Author(3).script(30), Receiver()
    reconcile_participants(receiver.calls, participant_rows(Manager(script, script.end)), RULES)
    assert seconds_by_tag(receiver.calls) == script.seconds_by_tag()
    play(script, receiver)
    assert seconds_by_tag(receiver.calls) == script.seconds_by_tag()
    assert len(recorded(receiver.calls, PARTICIPANT_SERVICE)) == script.billed_legs()


def test_a_second_reconciliation_finds_nothing() -> None:
    script, receiver = Author(4).script(30), Receiver()
    play(script, Faults(receiver, 4, loss=0.2))
    rows = participant_rows(Manager(script, script.end))
    first = reconcile_participants(receiver.calls, rows, RULES)
    again = reconcile_participants(receiver.calls, rows, RULES)
    assert first.count(Verdict.MISSING) > 0
    assert {finding.verdict for finding in again.findings} == {Verdict.EQUAL, Verdict.FREE}


def test_dead_receiver_stops_publisher_after_backoff() -> None:
    script, receiver = Author(5).script(10), Receiver()
    receiver.available = False
    [publisher, *_] = publishers(report(script), receiver)
    publisher.start(BEGIN)
    for _ in range(20):
        publisher.run(publisher.next_try or BEGIN)
    assert publisher.alarm == "eventsink_maximum_backoff"
    assert not publisher.running


def test_backlog_after_restart_has_no_gaps() -> None:
    script, receiver = Author(6).script(30), Receiver()
    play_with_a_restart(script, receiver)
    assert all(not gaps_in(log) for log in receiver.logs.values())
    assert len(recorded(receiver.calls, PARTICIPANT_SERVICE)) == script.billed_legs()


def test_stand_in_plays_script_over_http() -> None:
    script, receiver = Author(7).script(5), Receiver()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        status = receiver(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response(f"{status} Done", [])
        return []

    with served(application) as url, requests.Session() as session:
        play(script, lambda body: session.post(url, data=body, timeout=7).status_code, bulk=10)
    assert len(recorded(receiver.calls, PARTICIPANT_SERVICE)) == script.billed_legs()
    assert any(json.loads(body)["event"] == "eventsink_bulk" for body in receiver.bodies)
