"""The banner at the head of every log file: it alone names the server that writes the log.

From the bytes of a log to its call events, at the speed of a byte search.

Nearly everything in a T-Server log is of no interest here, so the scanner looks for the few messages that
describe calls and takes only those apart. A message ends before the first line that is empty or does not
start with white space; until that line is seen the message stays in `Stream.carry`, over blocks and over
files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from usage_service.systems.genesys.clock import Clock
from usage_service.systems.genesys.event import NOWHERE, CallEvent, Origin, Place, Rejected, read_event

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


CALL_EVENT = re.compile(rb"message Event(?:Call(?!Party)|TransactionStatus\b)")
MESSAGE_END = re.compile(rb"\n(?=[^ \t])")
NEW_MESSAGE = re.compile(rb"(?:@\d\d:\d\d:\d\d\.\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
NEW_CLOCK = Clock()
COPIES = (b"[BSYNC]", b"[ISCC]")
"""Marks of header lines whose message is a copy for another server, not an event of this one."""
LATE_LINK = b"is-link-creation"
LONGEST_MESSAGE = 1_048_576
CUT_LINE = b"#"
"""Stands for the start of a line too long to keep, so that its rest is not taken for a line of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How to read a log."""

    server: str = ""  # name of the server, when the input does not tell or tells wrongly
    user_data: frozenset[str] = frozenset()  # keys of attached data worth keeping
    utc_offset: timedelta = timedelta(0)  # local time minus UTC, for logs that never say


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """Everything the scanner remembers between two blocks."""

    file: str = ""
    offset: int = 0  # bytes of `file` already taken in
    carry: bytes = b""  # text not yet complete: an open message or line
    carried_from: Place = NOWHERE
    head: bytes | None = None  # start of a file not yet known to be a banner or not; None past it
    server: str = ""  # as the last banner has it
    session: str = ""
    clock: Clock = NEW_CLOCK


@dataclass(slots=True)
class Counts:
    """What went by."""

    bytes: int = 0
    events: int = 0  # messages of the T-Server to its clients, of any kind
    requests: int = 0
    copies: int = 0  # call events for a backup, another server or another client; not read again
    call_events: int = 0
    rejected: int = 0
    remarks: int = 0

    def add(self, other: "Counts") -> None:
        """Add the counts of another batch to these."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Found:
    """What a piece of log held."""

    events: list[CallEvent] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def add(self, item: CallEvent | Rejected) -> None:
        """Keep and count one message."""
        if isinstance(item, Rejected):
            self.rejected.append(item)
            self.counts.rejected += 1
        else:
            self.events.append(item)
            self.counts.call_events += 1
            self.counts.remarks += len(item.remarks)


class Scanner:
    """Reads one server's log piece by piece; `stream` is its whole state and can be stored between any two
    pieces.
    """

    def __init__(self, settings: Settings, stream: Stream | None = None) -> None:
        self.settings = settings
        self.stream = stream or Stream(clock=Clock(offset=settings.utc_offset))

    def open_file(self, name: str) -> Found:
        """Go on with the next file of the log; it may begin in the middle of a message."""
        found = self._settle_head()
        clock = self.stream.clock.at_file(PurePath(name).name)
        self.stream = replace(self.stream, file=name, offset=0, head=b"", clock=clock)
        return found

    def feed(self, data: bytes) -> Found:
        """Take in the next bytes of the open file."""
        start = Place(self.stream.file, self.stream.offset)
        self.stream = replace(self.stream, offset=self.stream.offset + len(data))
        found = Found()
        found.counts.bytes = len(data)
        if self.stream.head is None:
            self._scan(data, start, found)
        else:
            self._feed_head(self.stream.head + data, found, complete=False)
        return found

    def finish(self) -> Found:
        """What the log holds if nothing more is ever written to it.

        The stream does not advance: an open last message stays carried and is read again, complete, should
        the log go on after all.
        """
        before = self.stream
        found = self._settle_head()
        self._scan(b"\n\n", Place(before.file, before.offset), found)
        self.stream = before
        return found

    def _settle_head(self) -> Found:
        found = Found()
        if self.stream.head:
            self._feed_head(self.stream.head, found, complete=True)
        return found

    def _feed_head(self, head: bytes, found: Found, *, complete: bool) -> None:
        """Split a file's banner off and hand on what follows it."""
        end = head_end(head, complete=complete)
        if end is None:
            self.stream = replace(self.stream, head=head)
            return
        self.stream = replace(self.stream, head=None)
        place = Place(self.stream.file, self.stream.offset - len(head))
        if end:
            self._restart(read_banner(head[:end]), found)
        self._separate(head[end:])
        self._scan(head[end:], Place(place.file, place.offset + end), found)

    def _restart(self, banner: Banner, found: Found) -> None:
        """Take over what a banner says. A message cut off by another process is not going to continue."""
        stream = self.stream
        same = (banner.application, banner.started) == (stream.server, stream.session)
        if stream.carry and not same:
            self._give_up_carry(found)
        clock = stream.clock
        if banner.utc is not None:
            offset = banner.local - banner.utc if banner.local is not None else clock.offset
            clock = Clock(banner.utc, offset)
        self.stream = replace(self.stream, server=banner.application, session=banner.started, clock=clock)

    def _give_up_carry(self, found: Found) -> None:
        stream = self.stream
        if stream.carry.endswith(b"\n"):
            self._scan(b"\n\n", stream.carried_from, found)
        elif CALL_EVENT.search(stream.carry):
            found.add(Rejected(stream.carried_from, "cut off: the next file is of another process", stream.carry))
        self.stream = replace(self.stream, carry=b"")

    def _separate(self, text: bytes) -> None:
        """End a line that was cut off for good: the next file does not continue it but starts a message."""
        carry = self.stream.carry
        if carry and not carry.endswith(b"\n") and NEW_MESSAGE.match(text):
            self.stream = replace(self.stream, carry=carry + b"\n")

    def _scan(self, data: bytes, start: Place, found: Found) -> None:
        """Read all complete messages of the carried text and `data`, and carry the rest."""
        carry, carried_from = self.stream.carry, self.stream.carried_from
        text = carry + data if carry else data

        def place(position: int) -> Place:
            if position < len(carry):
                return Place(carried_from.file, carried_from.offset + position)
            return Place(start.file, start.offset + position - len(carry))

        limit = text.rfind(b"\n") + 1
        keep = limit
        for position in _marks(text, limit):
            line = text.rfind(b"\n", 0, position) + 1
            if not self._read(text, line, position, place(line), found):
                keep = line
                break
        _count(text, keep, found.counts)
        self._carry(text[keep:], place(keep), found)

    def _read(self, text: bytes, line: int, mark: int, place: Place, found: Found) -> bool:
        """Read the banner or message at `line`; False when the text does not reach to its end."""
        if mark == line and text.startswith(APPLICATION, line):
            return self._read_inner_banner(text, line, found)
        header = text[line:mark]
        if not (header[:1] == b"@" and header[1:2].isdigit()) or any(copy in header for copy in COPIES):
            found.counts.copies += 1
            return True
        end = MESSAGE_END.search(text, mark)
        if end is None:
            return False
        raw = text[line : end.start()]
        if b"TransactionStatus" not in raw[mark - line : mark - line + 30] or LATE_LINK in raw:
            found.add(self._event(raw, place))
        return True

    def _read_inner_banner(self, text: bytes, line: int, found: Found) -> bool:
        """A banner in the middle of a file (several logs in one)."""
        end = EMPTY_LINE.search(text, line)
        if end is None and len(text) - line < LONGEST:
            return False
        stop = end.end() if end is not None else line + LONGEST
        self.stream = replace(self.stream, carry=b"")
        self._restart(read_banner(text[line:stop]), found)
        return True

    def _event(self, raw: bytes, place: Place) -> CallEvent | Rejected:
        stream = self.stream
        origin = Origin(self.settings.server or stream.server, stream.session, stream.clock, place)
        item, clock = read_event(raw, origin, self.settings.user_data)
        self.stream = replace(stream, clock=clock)
        return item

    def _carry(self, rest: bytes, place: Place, found: Found) -> None:
        if len(rest) > LONGEST_MESSAGE:
            if CALL_EVENT.search(rest[:LONGEST]):
                found.add(Rejected(place, f"longer than {LONGEST_MESSAGE} bytes", rest[:LONGEST]))
            rest = CUT_LINE
        self.stream = replace(self.stream, carry=rest, carried_from=place)


def _marks(text: bytes, limit: int) -> Iterator[int]:
    """Where call events and banners are named in the complete lines of `text`, in order."""
    events = [found.start() for found in CALL_EVENT.finditer(text, 0, limit)]
    banners = []
    position = text.find(APPLICATION, 0, limit)
    while position >= 0:
        if position == 0 or text[position - 1 : position] == b"\n":
            banners.append(position)
        position = text.find(APPLICATION, position + 1, limit)
    return iter(sorted(events + banners) if banners else events)


def _count(text: bytes, end: int, counts: Counts) -> None:
    counts.events += text.count(b"message Event", 0, end)
    counts.requests += text.count(b"message Request", 0, end)
