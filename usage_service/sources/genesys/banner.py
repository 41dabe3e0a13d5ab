"""The banner at the head of every log file: it alone names the server that writes the log."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

APPLICATION = b"Application name:"
LINE = re.compile(rb"^([A-Z][\w ()]*?):[ \t]+(.*?)[ \t]*\r?$", re.MULTILINE)
EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
MESSAGE_LINE = re.compile(rb"^(?:@\d|\d{4}-\d\d-\d\dT\d\d:|message )", re.MULTILINE)
LONGEST_NAME = 100
"""A longer name of a server would not fit into the source of a usage record."""
LONGEST = 65_536
"""A head longer than this without an empty line is no banner."""


@dataclass(frozen=True, slots=True)
class Banner:
    """What a banner says about the log it opens."""

    application: str  # name of the server in the configuration
    started: str  # when the process started, as printed; empty when the banner does not say
    utc: datetime | None  # when the file was opened
    local: datetime | None  # the same on the wall clock (held as if it were UTC)


def head_end(head: bytes, *, complete: bool) -> int | None:
    """Where a file's banner ends: 0 when it has none, None when `head` is too short to tell.

    A banner runs to the first empty line, which is part of it.
    """
    empty, line = EMPTY_LINE.search(head), MESSAGE_LINE.search(head)
    ends = [found.end() if found is empty else found.start() for found in (empty, line) if found]
    if not ends and not complete and len(head) < LONGEST:
        return None
    end = min(ends, default=min(len(head), LONGEST))
    name = head.find(APPLICATION)
    return end if 0 <= name < end else 0


def read_banner(text: bytes) -> Banner:
    """The banner in `text`; lines other than the known ones are passed over."""
    lines = {found[1].decode(): found[2].decode("utf-8", "replace") for found in LINE.finditer(text)}
    return Banner(
        application=_name(lines.get("Application name", "")),
        started=_name(lines.get("Start time (UTC)", "")),
        utc=_time(lines.get("UTC time", "")),
        local=_time(lines.get("Local time", "")),
    )


def _name(text: str) -> str:
    """A name as it can be kept; empty when it is no name."""
    return text if text.isprintable() and len(text) <= LONGEST_NAME else ""


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
