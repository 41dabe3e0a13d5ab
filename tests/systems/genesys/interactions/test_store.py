"""The published example, and generated interactions, through the store of both databases."""

from itertools import permutations
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.systems.genesys.generator import AFTERWARDS
from tests.systems.genesys.support import ORDER, PAGE, calls_of, events_of
from tests.systems.genesys.test_call import read_all, tell
from usage_service.database.database import Database
from usage_service.systems.genesys.book import enter, neighbourhood
from usage_service.systems.genesys.link import LinkState, Policy
from usage_service.systems.genesys.scanner import Settings
from usage_service.systems.genesys.settling import NO_TIME_OUTS
from usage_service.systems.genesys.store import snapshot

from .support import POLICY, Parts, digests, expected_records, stored_calls


class Undone(Exception):
    """Ends a transaction without a trace."""


def order_of(database: Database, events) -> tuple[str, ...]:
    """The path that these events give when each is entered by itself; nothing stays in the database."""
    path: list[str] = []
    try:
        with database.transaction() as transaction:
            for event in events:
                enter(transaction, [event])
            near = neighbourhood(transaction, [events[0].call_uuid])
            [(interaction, _)] = near.interactions(Policy(), NO_TIME_OUTS, {})
            path += [call.key.call_uuid for call in interaction.calls]
            raise Undone
    except Undone:
        return tuple(path)


def test_all_24_orders_give_one_interaction(database: Database) -> None:
    assert {order_of(database, events) for events in permutations(events_of(PAGE))} == {ORDER}


def test_published_text_gives_calls_and_links(parts: Parts) -> None:
    loaded = parts.loader.load([PAGE], Settings())
    assert (loaded.counts.call_events, loaded.kept) == (4, 0)
    [trace] = parts.interactions.traces(ORDER[1])
    assert tuple(call.key.call_uuid for call in trace.interaction.calls) == ORDER
    assert [link.state for link in trace.interaction.links] == [LinkState.COMPLETE] * 2


VIEWS = {
    "SELECT callid, irid, connid FROM g_call ORDER BY callid": [
        (uuid, ORDER[0], "009a021843038407") for uuid in sorted(ORDER)
    ],
    "SELECT linkid, callid, islinktype, state, remotelocation FROM g_is_link ORDER BY linkid, islinktype": [
        ("00EBGH4GK488LFQD2CGB02LAES0007J5", ORDER[1], 2, 1, "Tserver2@Avaya_Switch1"),
        ("00EBGH4GK488LFQD2CGB02LAES0007J5", ORDER[2], 3, 1, "SIPServer1@SIP_Switch1"),
        ("00RP30KH7088L1IC08GB82LAES000316", ORDER[0], 2, 1, "SIPServer1@SIP_Switch1"),
        ("00RP30KH7088L1IC08GB82LAES000316", ORDER[1], 3, 1, "Tserver2@Avaya_Switch1"),
    ],
    "SELECT count(*), min(changetype), max(changetype) FROM g_is_link_history": [(4, 1, 1)],
}


def test_views_show_calls_and_link_sides(parts: Parts) -> None:
    parts.loader.load([PAGE], Settings())
    with parts.database.connect() as connection:
        assert {query: [tuple(row) for row in connection.execute(text(query))] for query in VIEWS} == VIEWS


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.lists(st.integers(1, 50), min_size=1, max_size=2))
def test_shuffled_duplicated_event_batches_give_truth(parts: Parts, seed: int, sizes: list[int]) -> None:
    story, random = tell(seed, sizes), Random(seed)
    events = read_all(story, random)
    truth = calls_of(events).calls
    events += random.sample(events, len(events) // 3)
    random.shuffle(events)
    for start in range(0, len(events), 60):
        parts.take(*events[start : start + 60])
    parts.settler.settle(AFTERWARDS)
    assert stored_calls(parts.database, [key.call_uuid for key in truth]) == truth
    with snapshot(parts.database) as transaction:
        near = neighbourhood(transaction, [key.call_uuid for key in truth])
    assert {frozenset(group) for group in near.groups()} == story.truth.interactions
    stated = {key.call_uuid for key in truth}
    ours = [record for record in parts.current() if stated & {value for _, value in record.properties}]
    assert digests(ours) == expected_records(events, AFTERWARDS, POLICY)
