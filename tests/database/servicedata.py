"""What SERVICEDATA must hold, in plain Python: the oracle for the view USAGERECORDS."""

from collections.abc import Iterator, Sequence

ESCAPED = {"%": "%25", ";": "%3B", "\r": "%0D", "\n": "%0A"}


def segments(pairs: Sequence[tuple[str, str]], limit: int, escaping: str = "minimal") -> list[str]:
    """The rows of one record: at most `limit` UTF-8 bytes each, cut between pairs wherever that is possible."""
    filled = [""]
    for place, (name, value) in enumerate(pairs, start=1):
        pair = _packed(name, value, escaping) + (";" if place < len(pairs) else "")
        if filled[-1] and size(filled[-1] + pair) > limit:
            filled.append("")
        *whole_rows, rest = _cut(pair, limit)
        for row in whole_rows:
            filled[-1] = row
            filled.append("")
        filled[-1] += rest
    return filled


def size(text: str) -> int:
    """Length in UTF-8 bytes."""
    return len(text.encode())


def _packed(name: str, value: str, escaping: str) -> str:
    if escaping == "minimal":
        name, value = _escaped(name, ESCAPED | {"=": "%3D"}), _escaped(value, ESCAPED)
    return f"{name}={value}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)


def _cut(pair: str, limit: int) -> Iterator[str]:
    """Pieces of a pair that fit a row, cut between characters."""
    row = ""
    for character in pair:
        if size(row + character) > limit:
            yield row
            row = ""
        row += character
    yield row
