"""Random requests against the running service, judged by a second reader that shares nothing with it."""

import pytest
from hypothesis import HealthCheck, event, given, settings

from tests.hostile.answers import fault_mistakes, leaks, outcome
from tests.hostile.corpus import Case, plain_record
from tests.hostile.ledger import Ledger
from tests.hostile.mutations import Phrasing, damaged_requests, phrasings
from tests.hostile.oracle import read_record
from tests.hostile.wire import ask
from tests.running import RunningService

HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
over_the_wire = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.usefixtures("unharmed")
@settings(over_the_wire, max_examples=300)
@given(body=damaged_requests())
def test_damaged_request_matches_second_reader_or_fails(body: bytes, service: RunningService, ledger: Ledger) -> None:
    answer = ask(service, _case(body))
    assert answer is not None
    event(outcome(answer))
    assert leaks(answer, body) == []
    if answer.status == 200:
        assert ledger.news() == [read_record(body)]
        return
    assert ledger.news() == []
    if answer.status == 500:
        assert list(fault_mistakes(answer, "any")) == []
        assert "Server" not in outcome(answer)
    else:
        assert 400 <= answer.status < 500


@pytest.mark.usefixtures("unharmed")
@settings(over_the_wire, max_examples=150)
@given(phrasing=phrasings())
def test_record_stored_unchanged_in_any_phrasing(phrasing: Phrasing, service: RunningService, ledger: Ledger) -> None:
    assert outcome(ask(service, _case(phrasing.body))) == "stored"
    assert ledger.news() == [phrasing.record]


@settings(max_examples=200)
@given(phrasing=phrasings())
def test_second_reader_reads_what_was_written(phrasing: Phrasing) -> None:
    assert read_record(phrasing.body) == phrasing.record


def _case(body: bytes) -> Case:
    return Case(name="random", why="", answers=(), body=body, record=plain_record(), headers=HEADERS)
