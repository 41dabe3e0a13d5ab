"""The corpus against the running service: a correct fault or a correct record, and nothing else."""

import pytest

from tests.hostile.answers import fault_mistakes, is_one_of, leaks, outcome
from tests.hostile.corpus import Case, load_corpus
from tests.hostile.ledger import Ledger, Service
from tests.hostile.oversized import load_oversized
from tests.hostile.wire import ask

CASES = [*load_corpus(), *load_oversized()]


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_service_answers_correctly_and_stores_nothing_else(
    case: Case, service: Service, ledger: Ledger
) -> None:
    answer = ask(service, case)
    found = outcome(answer)
    if not is_one_of(found, case.answers):
        pytest.fail(f"{case.why}: answered {found}, not {' or '.join(case.answers)}")
    assert ledger.news() == ([case.record] if found == "stored" else [])
    if answer is not None:
        assert leaks(answer, case.body) == []
        if answer.status == 500:
            assert list(fault_mistakes(answer, case.form)) == []
