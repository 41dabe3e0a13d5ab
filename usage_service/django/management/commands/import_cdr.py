"""`manage.py import_cdr FILE --period YYYY-MM`"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from usage_service.django.books import books
from usage_service.django.conf import configuration
from usage_service.errors import UsageServiceError
from usage_service.systems.bridge_billing.calculating import calculate
from usage_service.systems.bridge_billing.cdr_workbook.layout import shipped_layout
from usage_service.systems.bridge_billing.cdr_workbook.reading import CdrFile, Tally, open_cdr_file
from usage_service.systems.bridge_billing.cdr_workbook.report import Report, dry_run
from usage_service.systems.bridge_billing.emission import bill
from usage_service.systems.bridge_billing.importing import import_lines
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.periods import month


class Command(BaseCommand):
    """Take in a CDR file and print what each user owes."""

    help = "Take in a CDR workbook (xlsx, xls, csv), allocate its lines to cost centres and print the aggregates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command's options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--period", required=True, metavar="YYYY-MM")
        parser.add_argument("--corrects", metavar="SHA256", help="the imported file this one replaces")
        parser.add_argument("--dry-run", action="store_true", help="only say what the file holds")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it; what the file has wrong becomes the command's error."""
        path: Path = options["file"]
        if configuration().endpoint:
            raise CommandError("files are imported where the tables are: type `usage-service billing import` there")
        try:
            with path.open("rb") as handle:
                file = open_cdr_file(handle, shipped_layout(configuration().layout))
                if options["dry_run"]:
                    self.stdout.write(str(dry_run(path.name, file)))
                else:
                    self._import(path.name, file, options["period"], options["corrects"])
        except (UsageServiceError, OSError) as error:
            raise CommandError(str(error)) from error

    def _import(self, name: str, file: CdrFile, period: str, corrects: str | None) -> None:
        config, now, tally = configuration(), datetime.now(UTC), Tally()
        span = month(period, ZoneInfo(config.time_zone))
        wanted = Import(
            sha256=file.sha256,
            name=name,
            layout=file.layout.identity,
            sheet=file.sheet.name,
            period=period,
            corrects=corrects,
        )
        if import_lines(books(), wanted, file.read(tally), now=now):
            self.stdout.write(str(Report(name, file, tally)))
        else:
            self.stdout.write("0 new lines: the file was imported before")
        run = calculate(books(), span, config.rules(), now=now)
        for record in bill(run).records:
            parts = (record.customerid, record.sequencenumber, record.user_key, record.currency)
            self.stdout.write(f"{' '.join(parts)} {record.total_cost:f}")
        for total in run.rated.control:
            self.stdout.write(
                f"{total.currency}: aggregates {total.charged:f} + suspense {total.suspended:f} = {total.file_total:f}"
            )
