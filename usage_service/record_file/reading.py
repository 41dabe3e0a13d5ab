"""Reading a file of records line by line: whatever is on a line, it becomes a record or says what is wrong with it."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, BinaryIO, NamedTuple

import msgspec

from usage_service.errors import InvalidValue, UnreadableFile
from usage_service.record import UsageRecord
from usage_service.record_file.stated import KNOWN_COLUMNS, PROPERTY, Form, Stated, invalid, stated

LONGEST_CELL = 64 * 1024 * 1024  # the properties of one record, as many and as long as they may be

_decode = msgspec.json.Decoder(Stated).decode
_decode_properties = msgspec.json.Decoder(list[tuple[str, str]] | dict[str, str]).decode


class Line(NamedTuple):
    """One record of a file."""

    number: int  # of its first line, from 1
    text: str  # as it stands in the file
    item: UsageRecord | InvalidValue


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is, before it is read: how long, and which."""

    lines: int
    digest: str  # of every byte, as 32 hexadecimal digits


def content_of(file: BinaryIO) -> Content:
    """Look a file over, and leave it at its beginning."""
    lines, digest = 0, blake2b(digest_size=16)
    while block := file.read(1 << 20):
        lines += block.count(b"\n")
        digest.update(block)
    file.seek(0)
    return Content(lines, digest.hexdigest())


def heading_of(file: BinaryIO, form: Form) -> str:
    """The lines that a file of some of this file's records begins with; leaves the file at its beginning."""
    heading = file.readline().decode("utf-8-sig", "replace") if form == "csv" else ""
    file.seek(0)
    return heading


def read_records(file: BinaryIO, form: Form) -> Iterator[Line]:
    """Every record of a file, which is used up; empty lines are none. Raises `UnreadableFile` where it must stop."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    return _csv_lines(text) if form == "csv" else _json_lines(text)


def _json_lines(text: io.TextIOWrapper) -> Iterator[Line]:
    for number, line in enumerate(text, 1):
        if line.strip():
            yield Line(number, line, _item(line))


def _item(line: str) -> UsageRecord | InvalidValue:
    try:
        return _decode(line).record()
    except InvalidValue as error:
        return error
    except msgspec.ValidationError as error:
        return invalid(error)
    except (msgspec.DecodeError, UnicodeError) as error:
        return InvalidValue("line", f"is not a JSON object: {error}")


class _Echo:
    """Hands lines on, and remembers those of the record that is being read."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.lines: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.lines.append(line)
            yield line

    def taken(self) -> str:
        """What came since this was last asked."""
        taken, self.lines = "".join(self.lines), []
        return taken


def _csv_lines(text: io.TextIOWrapper) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_CELL)  # of the whole process; nothing in it relies on a smaller one
    echo = _Echo(text)
    rows = csv.reader(echo, strict=True)
    try:
        columns = _checked(next(rows, []))
        while True:
            echo.taken()
            number = rows.line_num + 1
            row = next(rows, None)
            if row is None:
                return
            if row:
                yield Line(number, echo.taken(), _row_item(columns, row))
    except csv.Error as error:
        raise UnreadableFile(f"line {rows.line_num} is not CSV: {error}") from error


def _checked(columns: Sequence[str]) -> Sequence[str]:
    own = [name for name in columns if not name.startswith(PROPERTY)]
    wrong = [name for name in own if name not in KNOWN_COLUMNS or own.count(name) > 1]
    if wrong or not columns:
        raise UnreadableFile(
            f"its first line must name the columns, each once; not {', '.join(map(repr, wrong)) or '–'}"
        )
    return columns


def _row_item(columns: Sequence[str], row: Sequence[str]) -> UsageRecord | InvalidValue:
    try:
        if len(row) != len(columns):
            raise InvalidValue("line", f"has {len(row)} cells, the heading has {len(columns)}")
        return stated(_values([(name, cell) for name, cell in zip(columns, row, strict=True) if cell])).record()
    except InvalidValue as error:
        return error


def _values(cells: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Cells as values of their columns' types; the properties of single columns follow those of `properties`."""
    values: dict[str, Any] = {name: cell for name, cell in cells if not name.startswith(PROPERTY)}
    for name in ("code", "sequence_number"):
        if name in values:
            values[name] = _whole_number(name, values[name])
    properties = _pairs(values["properties"]) if "properties" in values else []
    properties += [(name.removeprefix(PROPERTY), cell) for name, cell in cells if name.startswith(PROPERTY)]
    return values | {"properties": properties}


def _whole_number(column: str, cell: str) -> int:
    try:
        return int(cell)
    except ValueError as error:
        raise InvalidValue(column, f"{cell[:40]} is not a whole number") from error


def _pairs(cell: str) -> list[tuple[str, str]]:
    try:
        found = _decode_properties(cell)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidValue("properties", f'is not JSON such as [["NAME", "VALUE"]]: {error}') from error
    return list(found.items()) if isinstance(found, dict) else found
