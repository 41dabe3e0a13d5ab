"""Sending a file of records to a running service, and printing what became of every line."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TextIO

from usage_service.cli.printing import Format, print_rows
from usage_service.cli.progress import counted
from usage_service.client.ledger_types import Verdict
from usage_service.client.usage_ledger import UsageLedger
from usage_service.errors import CallerError, InvalidValue, ServiceError, UnreadableFile
from usage_service.record import UsageRecord
from usage_service.record_file.reading import Line, content_of, heading_of, read_records
from usage_service.record_file.stated import COLUMNS, Form

LARGEST_BATCH = 1_000  # of the contract
REQUEST_LINES, REQUEST_CHARACTERS, REQUEST_PROPERTIES = 500, 4_000_000, 30_000
"""How much goes into one request: well below what the service takes (`max_batch_bytes`)."""

REJECT_COLUMNS = ["line", "field", "message_id", "reason"]
OUR_FAULT = ("UREC0003E", "UREC0007E")
"""Errors that say nothing against the record: trying again may help."""

Counted = Literal["stored", "duplicate", "rejected", "failed"]


class Sent(NamedTuple):
    """A line, and what became of it."""

    line: Line
    verdict: Verdict

    @property
    def counts_as(self) -> Counted:
        """`failed`: the service could not store it now."""
        return "failed" if self.verdict.message_id in OUR_FAULT else self.verdict.status


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file to send."""

    path: Path
    form: Form
    atomic: bool = False
    rejected: Path | None = None  # where the lines go that were not stored


def form_of(path: Path) -> Form:
    """CSV for `.csv`, else JSON lines."""
    return "csv" if path.suffix.lower() == ".csv" else "json"


def send_file(ledger: UsageLedger, batch: BatchFile, form: Format) -> dict[Counted, int]:
    """Send every record and print what was rejected, as it comes; returns how many lines were stored, rejected, …

    Lines without a key of their own take one of the file's content and their number, so that the same file can be sent
    again. Raises `UsageServiceError` where it must stop; what was sent before is stored.
    """
    counts: dict[Counted, int] = {"stored": 0, "duplicate": 0, "rejected": 0, "failed": 0}
    with ExitStack() as opened:
        file = opened.enter_context(_opened(batch.path))
        content = content_of(file)
        heading = heading_of(file, batch.form)
        aside = opened.enter_context(_aside(batch.rejected)) if batch.rejected else None
        (progress,) = opened.enter_context(counted("sent", total=content.lines))
        lines = (_keyed(line, content.digest) for line in read_records(file, batch.form))
        sent = _send_atomically(ledger, lines) if batch.atomic else _send_in_groups(ledger, lines)

        def rejected() -> Iterator[dict[str, object]]:
            for one in sent:
                counts[one.counts_as] += 1
                progress(one.line.number)
                if one.counts_as in ("rejected", "failed"):
                    if aside:
                        aside.write(one.line.text if aside.tell() else heading + one.line.text)
                    yield _row(one)

        _print(rejected(), form)
    return counts


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise UnreadableFile(f"{path} is not there, or is not a file that can be read twice")
        return path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error


def _aside(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise UnreadableFile(f"{path} for the rejected lines: {error.strerror}") from error


def _print(rows: Iterator[dict[str, object]], form: Format) -> None:
    """A table only where there is something in it."""
    first = next(rows, None)
    if first is None:
        return
    print_rows(_from(first, rows), REJECT_COLUMNS, form)


def _from(first: dict[str, object], others: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    yield first
    yield from others


def _row(sent: Sent) -> dict[str, object]:
    verdict = sent.verdict
    field = verdict.field and COLUMNS.get(verdict.field, verdict.field)
    return {"line": sent.line.number, "field": field, "message_id": verdict.message_id, "reason": verdict.reason}


def _keyed(line: Line, digest: str) -> Line:
    if isinstance(line.item, UsageRecord) and line.item.once_key is None:
        return line._replace(item=replace(line.item, once_key=f"file:{digest}:{line.number}"))
    return line


def _send_in_groups(ledger: UsageLedger, lines: Iterator[Line]) -> Iterator[Sent]:
    for group in _groups(lines):
        records = [line.item for line in group if isinstance(line.item, UsageRecord)]
        verdicts = iter(_verdicts(ledger, records) if records else ())
        for line in group:
            yield Sent(line, next(verdicts) if isinstance(line.item, UsageRecord) else _rejection(line.item))


def _groups(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Lines that go into one request, in their order."""
    group: list[Line] = []
    characters = properties = 0
    for line in lines:
        characters += len(line.text)
        properties += len(line.item.properties) if isinstance(line.item, UsageRecord) else 0
        if group and (
            len(group) == REQUEST_LINES or characters > REQUEST_CHARACTERS or properties > REQUEST_PROPERTIES
        ):
            yield group
            group, characters, properties = [], len(line.text), 0
        group.append(line)
    if group:
        yield group


def _verdicts(ledger: UsageLedger, records: Sequence[UsageRecord]) -> list[Verdict]:
    """The verdicts on records; a request of one that is refused as a whole is a verdict on that one."""
    try:
        return ledger.write(records)
    except CallerError as error:
        if len(records) > 1:
            raise
        return [_rejection(error)]


def _send_atomically(ledger: UsageLedger, lines: Iterator[Line]) -> Iterator[Sent]:
    """All lines in one request, or none of them if one cannot be read."""
    group = list(islice(lines, LARGEST_BATCH + 1))
    if len(group) > LARGEST_BATCH:
        raise InvalidValue("--atomic", f"takes at most {LARGEST_BATCH} records, the file has more")
    records = [line.item for line in group if isinstance(line.item, UsageRecord)]
    if len(records) == len(group):
        yield from map(Sent, group, ledger.write(records, atomic=True) if records else ())
        return
    first = next(line.number for line in group if not isinstance(line.item, UsageRecord))
    other = InvalidValue("line", f"the batch is atomic and line {first} was rejected")
    for line in group:
        yield Sent(line, _rejection(other if isinstance(line.item, UsageRecord) else line.item))


def _rejection(error: CallerError) -> Verdict:
    if isinstance(error, InvalidValue):
        return Verdict(status="rejected", field=error.field, reason=error.problem)
    return Verdict(status="rejected", reason=str(error))


def after_failure(error: ServiceError) -> ServiceError:
    """The same, with what can be done."""
    return type(error)(f"{error}; send the same file again: what is stored already is not stored twice")
