"""The hostile corpus as plain data: requests, and what a correct service makes of them.

The files and the meaning of every key are described in corpus/README.md.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parent / "corpus"
RAW_FAMILIES = ("raw", "raw_accepted")
USUAL_HEADERS = {"Content-Type": "text/xml", "SOAPAction": '""'}
STORED = ("stored",)


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """What the store must hold of an accepted request: the seven elements of the contract."""

    global_transaction_id: str
    service: str
    event_type: str
    record_time: int  # milliseconds since 1970
    code: int
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One HTTP request and the outcomes that are correct for it."""

    name: str  # family/case
    why: str
    answers: tuple[str, ...]
    body: bytes
    record: StoredRecord  # what is stored if the answer is `stored`
    method: str = "POST"
    path: str = "/soap/usage-record"
    headers: Mapping[str, str] = field(default_factory=lambda: USUAL_HEADERS)
    form: str = "qualified"


@dataclass(frozen=True, kw_only=True)
class RawCase:
    """The bytes of one or two whole HTTP messages, and the outcomes that are correct for each."""

    name: str
    why: str
    answers: tuple[str, ...]
    message: bytes
    then: tuple[str, ...] = ()  # outcomes of the second message, if there is one
    hang_up: bool = False  # the client ends the connection when all is sent


def plain_request() -> bytes:
    """The body of a good request."""
    return (CORPUS / "plain.xml").read_bytes()


def plain_record() -> StoredRecord:
    """What the store holds after the good request."""
    table = tomllib.loads((CORPUS / "plain.toml").read_text())
    return StoredRecord(**{**table, "properties": _pairs(table["properties"])})


def load_corpus() -> Iterator[Case]:
    """Every case that is one well-formed HTTP request, family by family."""
    plain = plain_record()
    for family, name, table in _tables():
        if family.name not in RAW_FAMILIES:
            yield _case(family, name, table, plain)


def load_raw() -> Iterator[RawCase]:
    """Every case that is a stream of bytes on a connection."""
    for family, name, table in _tables():
        if family.name in RAW_FAMILIES:
            yield RawCase(
                name=f"{family.name}/{name}",
                why=table["why"],
                answers=tuple(table.get("answers", STORED)),
                message=(family / f"{name}.http").read_bytes(),
                then=tuple(table.get("then", ())),
                hang_up=table.get("hang_up", False),
            )


def corpus_files() -> set[Path]:
    """Every file of the corpus that is a request."""
    return {path.resolve() for path in CORPUS.glob("*/*") if path.name != "expect.toml"}


def indexed_files() -> set[Path]:
    """Every file that some index names."""
    return {_body_file(family, name, table).resolve() for family, name, table in _tables() if table.get("body") != ""}


def _tables() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    for index in sorted(CORPUS.glob("*/expect.toml")):
        for name, table in tomllib.loads(index.read_text()).items():
            yield index.parent, name, table


def _case(family: Path, name: str, table: dict[str, Any], plain: StoredRecord) -> Case:
    headers = {**USUAL_HEADERS, **table.get("headers", {})}
    return Case(
        name=f"{family.name}/{name}",
        why=table["why"],
        answers=tuple(table.get("answers", STORED)),
        body=b"" if table.get("body") == "" else _body_file(family, name, table).read_bytes(),
        record=_changed(plain, table.get("record", {})),
        method=table.get("method", "POST"),
        path=table.get("path", "/soap/usage-record"),
        headers={key: value for key, value in headers.items() if value or key == "SOAPAction"},
        form=table.get("form", "qualified"),
    )


def _body_file(family: Path, name: str, table: dict[str, Any]) -> Path:
    suffix = ".http" if family.name in RAW_FAMILIES else ".xml"
    file: str = table.get("body", name + suffix)
    return family / file


def _changed(plain: StoredRecord, changes: dict[str, Any]) -> StoredRecord:
    if "properties" in changes:
        changes = {**changes, "properties": _pairs(changes["properties"])}
    return replace(plain, **changes)


def _pairs(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)
