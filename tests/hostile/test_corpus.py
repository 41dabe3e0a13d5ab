"""The corpus itself: every file is used, every outcome can happen, every accepted body means what it says."""

import re
from collections import Counter

import pytest

from tests.hostile.answers import LEAKS, Answer, leaks
from tests.hostile.corpus import CORPUS, Case, corpus_files, indexed_files, load_corpus, load_raw
from tests.hostile.oracle import read_record
from tests.hostile.oversized import load_oversized

OUTCOME = re.compile(r"stored|closed|none|[1-5]\d\d|MustUnderstand|VersionMismatch|UREC000\dE( \w+)?")
NOT_UTF8 = re.compile(rb"encoding=\"(UTF-16|ISO-8859-1|US-ASCII)\"|\A(\xff\xfe|\xfe\xff)")


def test_files_and_index_entries_match() -> None:
    assert corpus_files() == indexed_files() - {CORPUS / "plain.xml"}


def test_corpus_exceeds_150_malformed_requests() -> None:
    refused = [answers for answers in _answers().values() if "stored" not in answers]
    assert len(refused) > 150


def test_names_are_unique() -> None:
    requests = [case.name for case in (*load_corpus(), *load_oversized())]
    names = Counter(requests + [case.name for case in load_raw()])
    assert not [name for name, count in names.items() if count > 1]


def test_every_expected_outcome_is_possible() -> None:
    for name, answers in _answers().items():
        assert answers, name
        assert all(OUTCOME.fullmatch(answer) for answer in answers), name


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in (*load_corpus(), *load_oversized())
        if case.answers == ("stored",) and "twss_pol" not in case.name and not NOT_UTF8.search(case.body[:100])
    ],
    ids=lambda case: case.name,
)
def test_independent_reader_finds_expected_record(case: Case) -> None:
    assert read_record(case.body) == case.record


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Traceback (most recent call last):", "a stack trace"),
        ("<Service object at 0x7f0a1b2c3d4e>", "a stack trace"),
        ('File "soap/envelope.py"', "a file name"),
        ("/usr/lib/python3.11", "a file name"),
        ("INSERT INTO usage_record (record_id)", "SQL"),
        ("(sqlite3.OperationalError) database is locked", "SQL"),
        ("Opening and ending tag mismatch, line 3, column 9", "a parser's position"),
        ("lxml.etree.XMLSyntaxError", "a library's name"),
        ("root:x:0:0:root:/root:/bin/bash", "a content of this machine"),
    ],
)
def test_the_leak_detector_notices(text: str, what: str) -> None:
    assert what in LEAKS
    found = leaks(Answer(status=500, headers={}, body=text.encode()))
    assert any(leak.startswith(what) for leak in found)


def _answers() -> dict[str, tuple[str, ...]]:
    requests = {case.name: case.answers for case in (*load_corpus(), *load_oversized())}
    return requests | {case.name: case.answers for case in load_raw()}
