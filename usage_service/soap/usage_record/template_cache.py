"""Requests, and records of batches, that differ from an earlier one in their texts only: read without a parser.

A client's tool writes the same markup around other texts, thousands of times. Once the parser has read such a request,
its markup is kept as one regular expression with a group for each text. What matches it is the same tree with these
texts: they hold nothing that XML could take for markup, and nothing that a parser would refuse or change.
"""

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

LEARN_SECONDS = 1.0
"""To learn a markup costs as much as to read some fifty requests: a client with ever new ones must not make us busy."""
MOST_FIELDS, MOST_CHARACTERS = 64, 8_192
MOST_ALIKE, MOST_COUNTS = 4, 16
"""How many markups with the same number of tags are kept, and for how many such numbers."""

_TAG = re.compile("(<[^<>]*>)")
_TEXT = "([^<>\x00-\x1f\ufffe\uffff]*+)"
_NUMBER = "([+-]?[0-9]{1,%d})"
_REFERENCE = re.compile("&(?:([a-z]+);)?")
_REFERENCES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_Meaning = TypeVar("_Meaning")


@dataclass(frozen=True, slots=True)
class Found(Generic[_Meaning]):
    """A document in a cached template."""

    meaning: _Meaning
    texts: list[str]  # of the fields
    header_texts: list[str]
    header: str  # the document up to the end of its header


@dataclass(frozen=True, slots=True)
class _Known(Generic[_Meaning]):
    pattern: re.Pattern[str]
    header_texts: int
    meaning: _Meaning


class TemplateCache(Generic[_Meaning]):
    """The markups of one kind of document, or of one kind of element in it: fields that hold text only, at its end."""

    def __init__(self, learn_seconds: float = LEARN_SECONDS) -> None:
        self._learn_seconds = learn_seconds
        self._learn_next = 0.0
        self._by_tags: defaultdict[int, deque[_Known[_Meaning]]] = defaultdict(lambda: deque(maxlen=MOST_ALIKE))

    def find(self, document: str) -> Found[_Meaning] | None:
        """The texts of a document, if its markup is known."""
        if len(document) > MOST_CHARACTERS:
            return None
        for known in self._by_tags.get(document.count("<"), ()):
            if match := known.pattern.fullmatch(document):
                texts, count = _resolved(match.groups()), known.header_texts
                if texts is None:
                    return None
                return Found(known.meaning, texts[count + 1 :], texts[:count], document[: match.end(count + 1)])
        return None

    def learn(
        self, document: str, before: int, texts: Sequence[str], digits: Mapping[int, int], meaning: _Meaning
    ) -> None:
        """Remember the markup of a document that the parser has read.

        `before` is the number of its elements before the first field, of which the last two hold the fields and the
        others are the header. `texts` are those of the fields; some of them, by their places, must be whole numbers of
        so many digits.
        """
        now = monotonic()
        if now < self._learn_next or len(texts) > MOST_FIELDS or len(document) > MOST_CHARACTERS:
            return
        self._learn_next = now + self._learn_seconds
        known = _learnt(document, before, texts, digits, meaning)
        if known is None:
            return
        tags = document.count("<")
        if tags not in self._by_tags and len(self._by_tags) >= MOST_COUNTS:
            del self._by_tags[next(iter(self._by_tags))]
        self._by_tags[tags].appendleft(known)


def _learnt(
    document: str, before: int, texts: Sequence[str], digits: Mapping[int, int], meaning: _Meaning
) -> _Known[_Meaning] | None:
    """None when the markup has more than tags with text between them, or does not place the texts where they are."""
    pieces = _TAG.split(document)  # text, tag, text, …
    if "<!" in document or "<?" in document[1:] or any("<" in text or ">" in text for text in pieces[::2]):
        return None
    starts = [place for place in range(1, len(pieces), 2) if pieces[place][1] not in "/?"]
    if len(starts) <= before:
        return None
    first = starts[before]
    leaves = [start + 1 for start in starts if pieces[start][-2] != "/" and pieces[start + 2][1] == "/"]
    fields = [leaf for leaf in leaves if leaf > first]
    if _resolved([pieces[leaf] for leaf in fields]) != list(texts):
        return None
    pattern = [re.escape(piece) for piece in pieces]
    for leaf in leaves:
        pattern[leaf] = _TEXT
    for place, most in digits.items():
        pattern[fields[place]] = _NUMBER % most
    header_end = starts[max(before - 2, 0)] - 1
    pattern[header_end] = "()" + pattern[header_end]
    return _Known(re.compile("".join(pattern)), len(leaves) - len(fields), meaning)


def _resolved(texts: Sequence[str]) -> list[str] | None:
    """The texts without XML's five own references; None when they hold others, which are the parser's business."""
    try:
        return [_REFERENCE.sub(_character, text) if "&" in text else text for text in texts]
    except KeyError:
        return None


def _character(reference: re.Match[str]) -> str:
    return _REFERENCES[reference[1]]
