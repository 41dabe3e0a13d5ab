"""One logged message taken apart into its attributes, in either of the two layouts it comes in.

The log layout has one attribute to a line, each line starting with white space. The page layout is the same
message flattened into one line by a documentation page, with typographic quotes. Values are kept byte for
byte.
"""

import re
from dataclasses import dataclass, field

from usage_service.systems.genesys.kvlist import PREVIEW, Entry, KeyValueList, Kind, announced, read_list, text_of

HEADER = re.compile(rb"@(?P<time>\d\d:\d\d:\d\d\.\d+)[ \t]+[^\r\n]*?\bmessage[ \t]+(?P<name>\w+)(?P<rest>[^\r\n]*)")
"""`@HH:MM:SS.ffff [n] version text: message Name`; the time is local and has no date."""

ATTRIBUTE_LINE = re.compile(rb"^[ \t]+Attribute(\w+)[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
PAGE_TOKEN = re.compile(
    rb"\s*(?:Attribute(?P<attribute>\w+)"
    rb"|(?:'|\xe2\x80[\x98\x99])(?P<quoted>.*?)(?:'|\xe2\x80[\x98\x99])(?P<list>\(list\))?"
    rb"|(?P<preview>\[\d+\](?:\s[0-9a-fA-F]{2}\b)*\.*)"
    rb"|(?P<word>\S+))"
)


@dataclass(slots=True)
class Message:
    """Header and attributes of one message; the first value of a repeated attribute counts."""

    name: str
    local_time: str  # of the header: HH:MM:SS.ffff, no date, no zone
    scalars: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, KeyValueList] = field(default_factory=dict)

    def text(self, attribute: str) -> str | None:
        """A string attribute without its quotes; None when absent, empty or not closed."""
        raw = self.scalars.get(attribute, b"")
        if raw.startswith(b"'"):
            raw = raw[1 : max(1, raw.rfind(b"'"))]
        return text_of(raw) or None

    def token(self, attribute: str) -> str | None:
        """The first word of an attribute: numbers may be followed by an explanation."""
        words = self.scalars.get(attribute, b"").split(None, 1)
        return text_of(words[0]) if words else None


def parse(raw: bytes) -> Message | None:
    """The message in `raw` (header line first), or None when it has no header of the expected form."""
    header = HEADER.match(raw)
    if header is None:
        return None
    message = Message(header["name"].decode("ascii", "replace"), header["time"].decode("ascii"))
    if header["rest"].lstrip().startswith(b"Attribute"):
        _read_page(message, raw[header.start("rest") :])
    else:
        _read_lines(message, raw, header.end())
    return message


def _read_lines(message: Message, raw: bytes, start: int) -> None:
    """Attributes one to a line; the lines up to the next attribute belong to the list that one opens."""
    found = list(ATTRIBUTE_LINE.finditer(raw, start))
    for number, line in enumerate(found):
        name, value = line[1].decode("ascii", "replace"), line[2]
        if value.startswith(b"["):
            end = found[number + 1].start() if number + 1 < len(found) else len(raw)
            _keep(message, name, value, read_list(raw[line.start(2) : end]))
        else:
            message.scalars.setdefault(name, value)


def _read_page(message: Message, raw: bytes) -> None:
    """Attributes in one line; here a quoted value ends at the first closing quote."""
    name, tokens = "", list[re.Match[bytes]]()
    for token in PAGE_TOKEN.finditer(raw):
        if token["attribute"] is None:
            tokens.append(token)
            continue
        _keep_page(message, name, tokens)
        name, tokens = token["attribute"].decode("ascii"), []
    _keep_page(message, name, tokens)


def _keep_page(message: Message, name: str, tokens: list[re.Match[bytes]]) -> None:
    if not name or not tokens:
        return
    start = PREVIEW.match(tokens[0]["preview"] or b"")
    if start is not None:
        _keep(message, name, b"", announced(start, _page_entries(tokens[1:])))
    elif tokens[0]["quoted"] is not None:
        message.scalars.setdefault(name, b"'" + tokens[0]["quoted"] + b"'")
    else:
        message.scalars.setdefault(name, tokens[0]["word"] or b"")


def _page_entries(tokens: list[re.Match[bytes]]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    pending = iter(tokens)
    for token in pending:
        if token["list"]:
            entries.append(Entry(Kind.SUBLIST, token["quoted"]))
            continue
        value = next(pending, None)
        entries.append(_page_pair(token, value))
    return tuple(entries)


def _page_pair(key: re.Match[bytes], value: re.Match[bytes] | None) -> Entry:
    if key["quoted"] is None or value is None or value["list"]:
        return Entry(Kind.DAMAGED, b"", key[0])
    if value["quoted"] is not None:
        return Entry(Kind.PAIR, key["quoted"], value["quoted"])
    return Entry(Kind.NUMBER, key["quoted"], value[0].strip())


def _keep(message: Message, name: str, value: bytes, found: KeyValueList | None) -> None:
    if found is None:
        message.scalars.setdefault(name, value)
    else:
        message.lists.setdefault(name, found)
