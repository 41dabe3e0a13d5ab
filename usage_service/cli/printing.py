"""Rows on standard output: a table for people, CSV or JSON lines for programs."""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

NEVER_SHORTENED = frozenset({"record_id", "reject_id"})
"""What a reader copies into the next command, such as `usage-service void ID`; other columns make room for it."""

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) != "\n"}
"""C0 and C1 (ECMA-48), which command a terminal, as visible text: callers choose what stands in a table."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], form: Format) -> None:
    """Print rows in the wanted format; JSON is one object a line."""
    match form:
        case Format.JSON:
            for row in rows:
                print_json(row)
        case Format.CSV:
            writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({name: _cell(row.get(name)) for name in columns} for row in rows)
        case Format.TABLE:
            print_table(rows, columns)


def print_json(value: Any, *, indent: int = 0) -> None:
    """One JSON document, on one line or indented."""
    encoded = msgspec.json.encode(value)
    print((msgspec.json.format(encoded, indent=indent) if indent else encoded).decode())


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], title: str | None = None) -> None:
    """A table as wide as the terminal, or as wide as it must be when written to a file."""
    headings = (Column(name, no_wrap=name in NEVER_SHORTENED) for name in columns)
    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name)).translate(_CONTROLS)) for name in columns))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table if table.row_count else "There is nothing to show.")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    return msgspec.json.encode(value).decode().strip('"')
