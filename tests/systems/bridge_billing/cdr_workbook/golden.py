"""What becomes of a workbook, as text: the report, then every line.

`python -m tests.systems.bridge_billing.cdr_workbook.golden` writes the golden files anew; look at the difference.
"""

import io
from pathlib import Path

from tests.systems.bridge_billing.cdr_workbook.awkward import Case, cases
from usage_service.errors import UnreadableFile
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.systems.bridge_billing.cdr_workbook.reading import Tally, open_cdr_file
from usage_service.systems.bridge_billing.cdr_workbook.report import dry_run

DATA = Path(__file__).parent / "data"


def outcome(name: str, case: Case) -> str:
    """The report and the lines, or why the file was refused."""
    try:
        file = open_cdr_file(io.BytesIO(case.content), case.layout)
        report = str(dry_run(name, file)).replace(file.sha256, "…")
        items = list(file.read(Tally()))
    except UnreadableFile as error:
        return f"refused: {error}\n"
    return report + "".join(map(_line, (item for item in items if isinstance(item, CdrLine))))


def _line(line: CdrLine) -> str:
    minutes = f" {line.minutes} min" if line.minutes is not None else ""
    remarks = "".join(f" [{remark}]" for remark in line.remarks)
    when = line.start.isoformat()
    what = f"{line.account.external_id!r} {when} {line.amount} {line.currency}{minutes}"
    return f"row {line.position.row}: {what}{remarks}\n  {line.raw}\n"


def main() -> None:
    """Write one file per case and remove those without one."""
    DATA.mkdir(exist_ok=True)
    for old in DATA.glob("*.txt"):
        old.unlink()
    for name, case in cases().items():
        (DATA / f"{name}.txt").write_text(outcome(name, case), encoding="utf-8")


if __name__ == "__main__":
    main()
