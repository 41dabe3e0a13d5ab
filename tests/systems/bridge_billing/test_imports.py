"""A file counts once; a corrected file takes the place of the one it corrects, when the operator says so."""

from decimal import Decimal

import pytest

from tests.systems.bridge_billing.vectors import at
from usage_service.errors import Conflict, NotFound
from usage_service.systems.bridge_billing.imports import ImportFile, admit, current


def file(sha256: str, corrects: str | None = None, period: str = "2012-10") -> ImportFile:
    return ImportFile(
        sha256=sha256,
        name=f"{sha256}.xlsx",
        layout="pgi/1",
        period=period,
        imported_at=at("2012-11-01"),
        rows=5,
        totals=(("SEK", Decimal("167.495")),),
        corrects=corrects,
    )


def test_the_same_file_twice_changes_nothing() -> None:
    assert admit([], file("a"))
    assert not admit([file("a")], file("a"))


def test_both_period_files_count_in_order() -> None:
    assert [each.sha256 for each in current([file("b"), file("a")], "2012-10")] == ["a", "b"]


def test_a_corrected_file_supersedes() -> None:
    ledger = [file("a"), file("b", corrects="a")]
    assert [each.sha256 for each in current(ledger, "2012-10")] == ["b"]


def test_second_correction_supersedes_both_earlier_files() -> None:
    ledger = [file("a"), file("b", corrects="a")]
    assert admit(ledger, file("c", corrects="b"))
    assert [each.sha256 for each in current([*ledger, file("c", corrects="b")], "2012-10")] == ["c"]


def test_a_file_is_corrected_once() -> None:
    with pytest.raises(Conflict, match="corrected before"):
        admit([file("a"), file("b", corrects="a")], file("c", corrects="a"))


def test_a_correction_stays_in_its_period() -> None:
    with pytest.raises(Conflict, match="belongs to 2012-10"):
        admit([file("a")], file("b", corrects="a", period="2012-11"))


def test_file_never_imported_cannot_be_corrected() -> None:
    with pytest.raises(NotFound, match="no imported file x"):
        admit([file("a")], file("b", corrects="x"))
