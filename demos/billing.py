"""`make demo-billing`: logins over SOAP, a month's workbook, the split by cost centre, a correction by difference."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from demos.temporary_service import TemporaryService, temporary_service
from usage_service.spreadsheet.writing import Table, Value, write_xlsx
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assigning import Login
from usage_service.systems.bridge_billing.client import UsageBilling

ANNA, BO, CILLA = (AccountKey("pgi", number) for number in ("0012345", "777", "999"))
PERIOD = "2012-10"


def main() -> None:
    """Run the demonstration."""
    console = Console()
    with temporary_service() as service:
        console.rule("Logins: Anna's cost centre changes on 16 October, Bo has none")
        _run(service, "accounts", "customer", "KTH", "--default", "10")
        client = UsageBilling(f"{service.url}/soap/usage-billing")
        client.register_account(ANNA, "anna@kth.se", "KTH")
        client.register_account(BO, "bo@kth.se", "KTH")
        for day, centre in ((1, "20"), (16, "30")):
            at = datetime(2012, 10, day, tzinfo=UTC)
            client.confirm_assignment(ANNA, Login(at=at, sequencenumber=centre, evidence="https://idp.kth.se"))
        _run(service, "accounts")

        console.rule("The operator's workbook: every line is recorded, or waits with its reason")
        first = _workbook(service, "october.xlsx", Decimal("12.34"))
        _run(service, "import", str(first), "--period", PERIOD)
        _run(service, "aggregate", PERIOD)
        _run(service, "suspense", PERIOD)

        console.rule("Account 999 turns out to be Cilla's: the line leaves suspense")
        client.register_account(CILLA, "cilla@kth.se", "KTH")
        _run(service, "aggregate", PERIOD)

        console.rule("A corrected workbook: only the difference is corrected")
        (file,) = client.import_status(period=PERIOD)
        second = _workbook(service, "october-corrected.xlsx", Decimal("12.43"))
        _run(service, "import", str(second), "--period", PERIOD, "--corrects", file["sha256"])
        _run(service, "diff", PERIOD)

        console.rule("The bill, as the billing system gets it")
        _run(service, "report", PERIOD, "--format", "csv")


def _workbook(service: TemporaryService, name: str, bo: Decimal) -> Path:
    rows: list[list[Value]] = [
        ["0012345", "2012-10-05", Decimal("100.10"), "C1"],
        ["0012345", "2012-10-20", Decimal("50.05"), "C2"],
        ["0012345", "2012-10-31", Decimal("0.005"), "C2"],
        ["777", "2012-10-07", bo, "C3"],
        ["999", "2012-10-08", Decimal("5.00"), "C4"],
    ]
    path = service.database_file.parent / name
    with path.open("wb") as file:
        write_xlsx([Table("CDR", ("Client ID", "Date", "Amount", "Conf ID"), rows)], file)
    return path


def _run(service: TemporaryService, *arguments: str) -> None:
    """Run a command of `usage-service billing` and show it with what it prints."""
    shown = " ".join(argument.rpartition("/")[2] for argument in arguments)
    print(f"\n$ usage-service billing {shown}", flush=True)
    variables = os.environ | {"USAGE_SERVICE_DATABASE": f"sqlite:///{service.database_file}"}
    subprocess.run([sys.executable, "-m", "usage_service", "billing", *arguments], env=variables, check=True)


if __name__ == "__main__":
    main()
