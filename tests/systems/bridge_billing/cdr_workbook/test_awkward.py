"""Each awkward workbook becomes exactly what its golden file says (`golden.py` writes them anew)."""

import pytest

from tests.systems.bridge_billing.cdr_workbook.awkward import Case, cases
from tests.systems.bridge_billing.cdr_workbook.golden import DATA, outcome

CASES = cases()


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
def test_awkward_workbook_matches_its_golden_file(name: str, case: Case) -> None:
    assert outcome(name, case) == (DATA / f"{name}.txt").read_text(encoding="utf-8")


def test_every_golden_file_has_its_workbook() -> None:
    assert {path.stem for path in DATA.glob("*.txt")} == set(CASES)
