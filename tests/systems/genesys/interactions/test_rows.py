from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.systems.genesys.support import PAGE, calls_of, events_of
from tests.systems.genesys.test_call import read_all, tell
from usage_service.systems.genesys.rows import call_from, rows_of


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_call_survives_round_trip_through_rows(seed: int, size: int) -> None:
    for call in calls_of(read_all(tell(seed, [size]), Random(seed))).calls.values():
        assert call_from(rows_of(call)) == call


def test_every_listed_link_has_a_row() -> None:
    calls = calls_of(events_of(PAGE)).calls.values()
    assert sum(len(rows_of(call).listed_links) for call in calls) == 5
