"""The corpus against the running service: a correct fault or a correct record, and nothing else."""

import pytest

from tests.hostile.answers import fault_mistakes, is_one_of, leaks, outcome
from tests.hostile.corpus import STORED, Case, load_corpus
from tests.hostile.ledger import Ledger
from tests.hostile.oversized import load_oversized
from tests.hostile.wire import ask
from tests.running import RunningService

CASES = [*load_corpus(), *load_oversized()]
ACCEPTED = [case for case in CASES if case.answers == STORED]


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_request_answered_correctly_without_extra_records(case: Case, service: RunningService, ledger: Ledger) -> None:
    answer = ask(service, case)
    found = outcome(answer)
    if not is_one_of(found, case.answers):
        pytest.fail(f"{case.why}: answered {found}, not {' or '.join(case.answers)}")
    assert ledger.news() == ([case.record] if found == "stored" else [])
    if answer is not None:
        assert leaks(answer, case.body) == []
        if answer.status == 500:
            assert list(fault_mistakes(answer, case.form)) == []


@pytest.mark.parametrize("case", ACCEPTED, ids=[case.name for case in ACCEPTED])
def test_postgresql_keeps_odd_request_unchanged(
    case: Case, postgresql_service: RunningService, postgresql_ledger: Ledger
) -> None:
    postgresql_ledger.news()
    assert outcome(ask(postgresql_service, case)) == "stored"
    assert postgresql_ledger.news() == [case.record]
