"""A reported field is stated once: events, history, usage records and the view follow from its line."""

import pytest
from sqlalchemy import inspect, select

from tests.recording import open_writer
from usage_service.database.database import Database
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event
from usage_service.systems.pexip.fields import PARTICIPANT, Reported, Wins, whole_number
from usage_service.systems.pexip.history import ParticipantRow
from usage_service.systems.pexip.tables import pexip_leg

from .building import RULES, disconnect, row, usages_of

SHOWN = [line for line in PARTICIPANT if line.property_name]
IN_BOTH = [line for line in SHOWN if line.events and line.history]


def said(line: Reported, word: str) -> str:
    return {"one": "1", "other": "2"}[word] if line.read is whole_number else word


def properties(*events: Event, history: ParticipantRow | None = None) -> dict[str, str]:
    calls = Calls()
    for event in events:
        calls.apply(event)
    if history:
        calls.apply_participant_row("u", history)
    record = usages_of(calls, RULES)[0].record
    assert record is not None
    return dict(record.properties)


@pytest.mark.parametrize("line", [line for line in SHOWN if line.events], ids=lambda line: line.name)
def test_an_event_gives_the_property(line: Reported) -> None:
    assert properties(disconnect("u", **{line.events[0]: said(line, "one")}))[line.property_name] == said(line, "one")


@pytest.mark.parametrize("line", IN_BOTH, ids=lambda line: line.name)
def test_the_right_source_wins(line: Reported) -> None:
    event = disconnect("u", **{line.events[0]: said(line, "one")})
    shown = properties(event, history=row("u", **{line.history[0]: said(line, "other")}))
    assert shown[line.property_name] == said(line, "other" if line.wins is Wins.HISTORY else "one")


def test_a_column_shows_its_property(database: Database) -> None:
    lines = [line for line in SHOWN if line.column]
    calls = Calls()
    calls.apply(disconnect("u", **{line.events[0]: line.column for line in lines if line.events}))
    calls.apply_participant_row("u", row("u", **{line.history[0]: line.column for line in lines if line.history}))
    record = usages_of(calls, RULES)[0].record
    assert record is not None
    writer = open_writer(database)
    writer.write([record])
    writer.close()
    with database.connect() as connection:
        (leg,) = connection.execute(select(pexip_leg)).mappings()
    assert {line.column: leg[line.column] for line in lines} == {line.column: line.column for line in lines}


def test_the_view_has_exactly_these_columns(database: Database) -> None:
    with database.connect() as connection:
        there = {column["name"] for column in inspect(connection).get_columns("pexip_leg")}
    assert {column.name for column in pexip_leg.columns} == there
