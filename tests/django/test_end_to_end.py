"""Without a browser: a cost centre changes at a SAML login, a workbook comes in, the aggregates show the split."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.django.test_logins import saml_login
from usage_service.django.books import DjangoDirectory, DjangoRuns
from usage_service.django.models import CdrRow, CostCentreChange, ImportedFile
from usage_service.spreadsheet.writing import Table, write_xlsx
from usage_service.systems.bridge_billing.accounts import Customer

PERIOD = "2012-10"


def workbook(path: Path, bo: str = "12.34") -> Path:
    """The operator's October: A before and after the change, B without a cost centre, and one unknown."""
    rows = [
        ["0012345", "2012-10-05", Decimal("100.10")],
        ["0012345", "2012-10-20", Decimal("50.05")],
        ["0012345", "2012-10-31", Decimal("0.005")],
        ["777", "2012-10-07", Decimal(bo)],
        ["999", "2012-10-08", Decimal("5.00")],
    ]
    with path.open("wb") as file:
        write_xlsx([Table("CDR", ("Client ID", "Date", "Amount"), rows)], file)
    return path


@pytest.fixture
def enrolled(project: Path) -> None:
    """Anna logs in on the 1st with 20 and on the 16th with 30; Bo without any."""
    kth = Customer(customer_id="KTH", default_sequencenumber="10", currency="SEK")
    DjangoDirectory().put_customer(kth, datetime.now(UTC))
    for centre, day in (("20", 1), ("30", 16)):
        saml_login(project, "anna@kth.se", centre)
        moved_to(datetime(2012, 10, day, tzinfo=UTC))
    saml_login(project, "bo@kth.se", None)


def moved_to(moment: datetime) -> None:
    """Let the login that just happened have happened then: the times of its changes are now, within the minute."""
    recent = datetime.now(UTC) - timedelta(minutes=1)
    for name in ("valid_from", "valid_to", "seen_at"):
        CostCentreChange.objects.filter(**{f"{name}__gt": recent}).update(**{name: moment})


def import_cdr(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_cdr", *arguments, "--period", PERIOD, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("enrolled")
def test_the_aggregates_show_the_split(tmp_path: Path) -> None:
    printed = import_cdr(str(workbook(tmp_path / "october.xlsx")))
    assert printed.splitlines()[-4:] == [
        "KTH 10 bo@kth.se SEK 12.34",
        "KTH 20 anna@kth.se SEK 100.10",
        "KTH 30 anna@kth.se SEK 50.06",
        "SEK: aggregates 162.495 + suspense 5 = 167.495",
    ]
    assert (ImportedFile.objects.count(), CdrRow.objects.count()) == (1, 5)


@pytest.mark.usefixtures("enrolled")
def test_identical_workbook_ignored_and_corrected_one_replaces(tmp_path: Path) -> None:
    path = workbook(tmp_path / "october.xlsx")
    import_cdr(str(path))
    before = DjangoRuns().latest(PERIOD)
    assert "0 new lines" in import_cdr(str(path))
    assert DjangoRuns().latest(PERIOD) == before
    corrected = workbook(tmp_path / "corrected.xlsx", bo="12.43")
    printed = import_cdr(str(corrected), "--corrects", ImportedFile.objects.get().sha256)
    assert "KTH 10 bo@kth.se SEK 12.43" in printed


@pytest.mark.usefixtures("enrolled")
def test_dry_run_reports_and_stores_nothing(tmp_path: Path) -> None:
    printed = import_cdr(str(workbook(tmp_path / "october.xlsx")), "--dry-run")
    assert "lines 5" in printed
    assert ImportedFile.objects.count() == 0


def test_unreadable_file_is_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "page.xlsx").write_text("<html>")
    with pytest.raises(CommandError, match="web page"):
        import_cdr(str(tmp_path / "page.xlsx"))
