"""Batches whose records have a markup that is known: only the frame and the first record are left to the parser.

A record ends with a tag that cannot stand anywhere else in a known markup, so the text of a batch can be cut there.
What is left is a batch of one record, and the parser and the schema say whether it is one.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from usage_service.record import XML_BLANKS
from usage_service.soap.envelope import local_name
from usage_service.soap.usage_ledger.batch import RECORD, NewRecord, RecordForm, field_texts, form_of, new_record
from usage_service.soap.usage_record.template_cache import Found, KnownMarkups

_FIRST_RECORD = re.compile(rf"<((?:[\w.-]+:)?{local_name(RECORD)})>", re.ASCII)
_LAST_TAGS = re.compile(rf"(?:[{XML_BLANKS}]*</[^<>]*+>){{3}}[{XML_BLANKS}]*")
"""The ends of operation, body and envelope: what stands in front of them is the operation's last child."""
_DIGITS = {3: 18, 4: 9}
"""The record's time and its code: so many digits always fit what the schema wants."""


class _Meaning(NamedTuple):
    form: RecordForm
    namespaces: frozenset[tuple[str | None, str | None]]  # what the prefixes of its tags stand for


@dataclass(frozen=True, slots=True)
class CutBatch:
    """A batch without what is known."""

    document: str  # with its first record only
    found: list[Found[_Meaning]]  # the records, also the first

    def records(self, operation: etree._Element) -> list[NewRecord] | None:
        """The records, given the operation of `document`, which the schema allows.

        None when it has another record, in a form that was not cut, or when its prefixes stand for something else.
        """
        declared = operation.nsmap.items()
        meanings = {id(found.meaning): found.meaning for found in self.found}.values()
        if len(operation.findall(RECORD)) != 1 or not all(meaning.namespaces <= declared for meaning in meanings):
            return None
        return [new_record(found.texts, found.meaning.form) for found in self.found]


class KnownRecords:
    """The markups of records in batches."""

    def __init__(self, markups: KnownMarkups[_Meaning] | None = None) -> None:
        self._markups = markups or KnownMarkups()

    def cut(self, document: str) -> CutBatch | None:
        """The batch without its known records; None when there is one that is not known."""
        pieces = _pieces(document)
        if pieces is None:
            return None
        head, *records, tail = pieces
        known = []
        for record in records:
            found = self._markups.find(record)
            if found is None:
                return None
            known.append(found)
        return CutBatch(head + records[0] + tail, known)

    def learn(self, document: str, operation: etree._Element) -> None:
        """Remember the markup of one of the records that the parser has read, and the schema allowed."""
        pieces = _pieces(document)
        if pieces is None:
            return
        records, elements = pieces[1:-1], operation.findall(RECORD)
        start = f"<{records[0].rpartition('</')[2]}"
        if len(records) != len(elements) or not all(record.startswith(start) for record in records):
            return  # not all of them were cut, or more than they
        for record, element in zip(records, elements, strict=True):
            if self._markups.find(record) is None:
                self._learn(record, element, operation)
                return

    def _learn(self, record: str, element: etree._Element, operation: etree._Element) -> None:
        nodes = list(element.iter())
        if any(node.attrib or node.nsmap != operation.nsmap for node in nodes):
            return  # xsi:type narrows what the schema allows for a text; prefixes may change their meaning
        texts, form = field_texts(element), form_of(element)
        digits = {**_DIGITS, len(texts) - 1: _DIGITS[3]} if form.sequence else _DIGITS
        namespaces = frozenset((node.prefix, operation.nsmap.get(node.prefix)) for node in nodes)
        self._markups.learn(record, 1, texts, digits, _Meaning(form, namespaces))


def _pieces(document: str) -> list[str] | None:
    """What is before the first record, the records, what is behind the last; None when it cannot be cut like that.

    The last of them is the operation's last child: three ends follow it. Each of the others ends where the next one,
    or something that is not known, begins.
    """
    if "<!" in document or document.find("<?", 1) >= 0:  # in which what looks like a record may be none
        return None
    start = _FIRST_RECORD.search(document)
    if start is None:
        return None
    end_tag = f"</{start[1]}>"
    *records, tail = document[start.start() :].split(end_tag)
    if not records or not _LAST_TAGS.fullmatch(tail):
        return None
    return [document[: start.start()], *(record.lstrip(XML_BLANKS) + end_tag for record in records), tail]
