"""Key-value lists as T-Server logs print them, and the length that serves as their checksum.

A list prints as `[N] hh hh hh hh..` and then its entries, one to a line. `N` is the size of the packed list
in bytes and the `hh` are its first bytes, of which the first two count the top-level entries. Both are
redundant with the printed entries, so a list that was cut or altered gives itself away.
"""

import re
from dataclasses import dataclass
from enum import Enum

from usage_service.record import Property

HEADER_SIZE, PAIR_OVERHEAD, LIST_OVERHEAD = 2, 5, 9
"""Bytes the packed form adds: per list of entries, per string pair, per entry that is itself a list."""

PREVIEW = re.compile(rb"\[(\d+)\][ \t]*((?:[0-9a-fA-F]{2}[ \t]?)*)\.*[ \t]*")
SUBLIST = re.compile(rb"[ \t]*'([^']*)'\(list\)[ \t]*(.*?)[ \t]*$")
PAIR = re.compile(rb"[ \t]*'([^']*)'[ \t]+'(.*)'[ \t]*$")
NUMBER = re.compile(rb"[ \t]*'([^']*)'[ \t]+(-?\d+)\b.*$")


class Kind(Enum):
    """What one printed entry is."""

    PAIR = "pair"  # key and string
    NUMBER = "number"  # key and integer; its packed size is not known to us
    SUBLIST = "list"  # key of a nested list; the pairs that follow may belong to it
    DAMAGED = "damaged"  # a line that is none of these


@dataclass(frozen=True, slots=True)
class Entry:
    """One printed entry, byte for byte; `indented` when it stands on or deeper than its list's own line."""

    kind: Kind
    key: bytes
    value: bytes = b""
    indented: bool = False


@dataclass(frozen=True, slots=True)
class KeyValueList:
    """The entries of a list in printed order, with what the log announced about them."""

    size: int  # N: bytes of the packed list
    top_level: int | None  # entries on the outer level, from the preview; None when the preview is too short
    entries: tuple[Entry, ...]

    def problem(self) -> str | None:
        """Why the list cannot be complete as printed, or None when it is sound or cannot be checked."""
        if any(entry.kind is Kind.DAMAGED for entry in self.entries):
            return "has a line that is not an entry"
        if any(entry.kind is Kind.NUMBER for entry in self.entries):
            return None
        found = packed_size(self.entries)
        return None if found == self.size else f"announces {self.size} bytes but holds {found}"

    def sublists(self) -> list[tuple[str, dict[str, str]]]:
        """Every nested list with the pairs that follow it, in order (for lists of lists)."""
        found: list[tuple[str, dict[str, str]]] = []
        for entry in self.entries:
            if entry.kind is Kind.SUBLIST:
                found.append((text_of(entry.key), {}))
            elif found and entry.kind is not Kind.DAMAGED:
                found[-1][1][text_of(entry.key)] = text_of(entry.value)
        return found

    def outer(self) -> list[Property]:
        """The pairs on the outer level, in order."""
        nested = self._nested()
        kinds = (Kind.PAIR, Kind.NUMBER)
        return [
            Property(text_of(entry.key), text_of(entry.value))
            for entry, inside in zip(self.entries, nested, strict=True)
            if entry.kind in kinds and not inside
        ]

    def _nested(self) -> list[bool]:
        """Which entries lie in a nested list.

        Print does not say where a nested list ends. Of the readings (by indentation, nothing nested,
        everything after a list nested) we take the first whose number of outer entries is the announced one.
        """
        readings = (_by_indentation(self.entries), _none_nested(self.entries), _all_nested(self.entries))
        for reading in readings:
            if self.top_level == reading.count(False):
                return reading
        return readings[0]


def packed_size(entries: tuple[Entry, ...]) -> int:
    """Bytes of the packed list: 2 + (5 + key + value) per pair + (9 + key) per nested list."""
    size = HEADER_SIZE
    for entry in entries:
        overhead = LIST_OVERHEAD if entry.kind is Kind.SUBLIST else PAIR_OVERHEAD
        size += overhead + len(entry.key) + len(entry.value)
    return size


def read_list(text: bytes) -> KeyValueList | None:
    """The list in an attribute's text, `[N] …` and its entries; None when it does not start so."""
    start = PREVIEW.match(text)
    if start is None:
        return None
    entries: list[Entry] = []
    for line in text[start.end() :].splitlines():
        if line.strip():
            entries += _line_entries(line)
    return announced(start, tuple(entries))


def announced(start: re.Match[bytes], entries: tuple[Entry, ...]) -> KeyValueList:
    """A list from its matched `PREVIEW` and its entries."""
    preview = start[2].split()
    top_level = int(preview[0] + preview[1], 16) if len(preview) >= 2 else None
    return KeyValueList(int(start[1]), top_level, entries)


def text_of(raw: bytes) -> str:
    """Text of a value. The log has no declared encoding: UTF-8 where it fits, else one character per byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _line_entries(line: bytes) -> list[Entry]:
    sublist = SUBLIST.match(line)
    if sublist is None:
        return [_pair(line, indented=line.startswith(b"\t\t\t"))]
    entries = [Entry(Kind.SUBLIST, sublist[1])]
    if sublist[2]:
        entries.append(_pair(sublist[2], indented=True))
    return entries


def _pair(line: bytes, *, indented: bool) -> Entry:
    """A string value runs to the last quote of its line: it may itself hold apostrophes."""
    pair = PAIR.match(line)
    if pair is not None:
        return Entry(Kind.PAIR, pair[1], pair[2], indented)
    number = NUMBER.match(line)
    if number is not None:
        return Entry(Kind.NUMBER, number[1], number[2], indented)
    return Entry(Kind.DAMAGED, b"", line, indented)


def _by_indentation(entries: tuple[Entry, ...]) -> list[bool]:
    return [entry.indented for entry in entries]


def _none_nested(entries: tuple[Entry, ...]) -> list[bool]:
    return [False] * len(entries)


def _all_nested(entries: tuple[Entry, ...]) -> list[bool]:
    nested, inside = [], False
    for entry in entries:
        nested.append(inside and entry.kind is not Kind.SUBLIST)
        inside = inside or entry.kind is Kind.SUBLIST
    return nested
