from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usage_service.systems.genesys.call import CallKey, call_of
from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import LinkState, Policy
from usage_service.systems.genesys.scanner import Found, Scanner, Settings

from .generator import AFTERWARDS, MONITORED, SERVERS, Story, log_text, rotated
from .support import ORDER, PAGE, calls_of, collect, events_of, interactions_of

EVERYWHERE = Policy()
POLICY = Policy(monitored=MONITORED)


def interactions(events: list[CallEvent], policy: Policy = EVERYWHERE) -> list[Interaction]:
    return interactions_of(events, policy, AFTERWARDS)


def tell(seed: int, sizes: list[int]) -> Story:
    story = Story(Random(f"{seed} {sizes}"))  # no two stories share a call
    for size in sizes:
        story.interaction(size)
    return story


def read_all(story: Story, random: Random) -> list[CallEvent]:
    """All logs of a story, each rotated at random bytes."""
    found = Found()
    for server in SERVERS:
        scanner = Scanner(Settings())
        cuts = [random.randrange(10**7) for _ in range(random.randint(0, 4))]
        for number, file in enumerate(rotated(log_text(story, server), server, cuts)):
            collect(found, scanner.open_file(f"{server}.{number}"))
            collect(found, scanner.feed(file))
        collect(found, scanner.finish())
    assert found.rejected == []
    return found.events


@pytest.mark.parametrize("events", list(permutations(events_of(PAGE))))
def test_published_example_is_order_independent_interaction(
    events: tuple[CallEvent, ...],
) -> None:
    [whole] = interactions(list(events))
    assert tuple(call.key.call_uuid for call in whole.calls) == ORDER
    assert [whole.servers[call.key] for call in whole.calls] == ["Tserver2", "SIPServer1", "Tserver2"]
    assert [link.state for link in whole.links] == [LinkState.COMPLETE] * 2
    assert whole.inferred == {call.key for call in whole.calls}
    assert whole.problems == ()


def test_calls_sharing_only_conn_id_stay_separate() -> None:
    first, _, _, last = events_of(PAGE)
    assert first.conn_id == last.conn_id
    assert len(interactions([first, last])) == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_split_shuffled_duplicated_logs_give_original_truth(seed: int, sizes: list[int]) -> None:
    story, random = tell(seed, sizes), Random(seed)
    events = read_all(story, random)
    assert len(events) == sum(map(len, story.stated.values()))
    events += random.sample(events, len(events) // 3)
    random.shuffle(events)
    found = interactions(events, POLICY)
    assert {frozenset(call.key for call in one.calls) for one in found} == story.truth.interactions
    assert {link.link_id: link.state for one in found for link in one.links} == story.truth.links
    sides = [side for one in found for link in one.links for side in link.sides]
    assert {(side.link_id, side.reported) for side in sides if side.removed} == story.truth.removed
    assert all(one.final and not one.problems for one in found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.randoms(use_true_random=False))
def test_any_order_gives_identical_interactions(seed: int, size: int, random: Random) -> None:
    events = read_all(tell(seed, [size]), Random(seed))
    before = interactions(events)
    random.shuffle(events)
    assert interactions(events) == before


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_joining_is_commutative_associative_and_idempotent(seed: int) -> None:
    events = read_all(tell(seed, [3]), Random(seed))
    calls = [call_of(event) for event in events if event.call_uuid == events[0].call_uuid][:3]
    one, two, three = (calls * 3)[:3]
    assert one.join(two) == two.join(one)
    assert one.join(two).join(three) == one.join(two.join(three))
    assert one.join(one) == one


def test_an_event_seen_again_changes_nothing() -> None:
    events = events_of(PAGE)
    assert calls_of(events + events).calls == calls_of(events).calls


def test_call_without_server_is_same_call() -> None:
    events = events_of(PAGE) + events_of(PAGE, settings=Settings(server="Tserver2"))[:1]
    [whole] = interactions(events)
    assert len(whole.calls) == 3
    assert whole.calls[0].key == CallKey("Tserver2", ORDER[0])
