"""Batches whose records have a markup that is known: only the frame and the first record are left to the parser.

A record ends with a tag that cannot stand anywhere else in a known markup; so the text of a batch can be cut there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from usage_service.record import XML_BLANKS
from usage_service.soap.batch_request import (
    RECORD,
    NewRecord,
    RecordForm,
    field_texts,
    form_of,
    new_record,
)
from usage_service.soap.known_markup import Found, KnownMarkups
from usage_service.soap.names import local_name

_FIRST_RECORD = re.compile(rf"<((?:[\w.-]+:)?{local_name(RECORD)})>", re.ASCII)
_DIGITS = {3: 18, 4: 9}
"""The record's time and its code: so many digits always fit what the schema wants."""

Namespaces = Mapping[str | None, str]


class _Meaning(NamedTuple):
    form: RecordForm
    namespaces: Namespaces  # what the prefixes around the record stand for


@dataclass(frozen=True, slots=True)
class CutBatch:
    """A batch without what is known."""

    document: str  # with its first record only
    found: list[Found[_Meaning]]  # the records, also the first

    def records(self, namespaces: Namespaces) -> list[NewRecord] | None:
        """The records, unless these namespaces, which the frame declares, make something else of them."""
        if any(found.meaning.namespaces != namespaces for found in self.found):
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
        for record, element in zip(pieces[1:-1], operation.iterchildren(RECORD), strict=False):
            if self._markups.find(record) is None:
                texts, form = field_texts(element), form_of(element)
                digits = {**_DIGITS, len(texts) - 1: _DIGITS[3]} if form.sequence else _DIGITS
                self._markups.learn(record, 1, texts, digits, _Meaning(form, operation.nsmap))
                return


def _pieces(document: str) -> list[str] | None:
    """What is before the first record, the records, what is behind the last; None when it cannot be cut like that."""
    start = _FIRST_RECORD.search(document)
    if start is None:
        return None
    end_tag = f"</{start[1]}>"
    *records, tail = document[start.start() :].split(end_tag)
    if not records:
        return None
    return [document[: start.start()], *(record.lstrip(XML_BLANKS) + end_tag for record in records), tail]
