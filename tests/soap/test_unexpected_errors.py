"""Whatever breaks inside: the caller learns that it broke, the log learns why."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import Route

from tests.soap.both_paths import no_reject
from usage_service.http.front import Front
from usage_service.ledger.model import Receipt
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.schema import contract_folder, contract_schema
from usage_service.soap.usage_record.fast_path import FastPath, FastWrites, ResponseTemplate
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.service import RecordReader, UsageRecordContract, build_usage_record_wsgi

RECORD = (Path(__file__).parent / "data" / "record.xml").read_bytes()
SECRET = "/srv/secret/place"


class Broken(Exception):
    """An unforeseen error."""


def broken(*_arguments: Any) -> Any:
    raise Broken(SECRET)


def broken_wsgi(_environ: Any, start_response: Any) -> Iterable[bytes]:
    raise Broken(SECRET)


async def ask(app: Any, path: str = "/soap/usage-record", sent: list[Any] | None = None) -> tuple[int, str]:
    """Status and body of the answer to one record; `sent` keeps it even when the application raises afterwards."""
    sent = [] if sent is None else sent
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(b"content-type", b"text/xml")],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": RECORD, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()


def endpoint(**parts: Any) -> SoapEndpoint:
    """A sound endpoint but for these parts."""
    schema = contract_schema(contract_folder() / "UsageRecordInterface.wsdl")
    reader = RecordReader(UsageRecordContract(schema), MakeRecord())
    path = parts.pop("path", FastPath(MakeRecord()))
    sound: dict[str, Any] = {
        "contracts": {},
        "wsgi": build_usage_record_wsgi(reader, parts.pop("write", lambda _record: "1"), no_reject),
        "answer_fast": FastWrites(path, broken, ResponseTemplate()).answer,
        "max_body_bytes": 100_000,
    }
    return SoapEndpoint(**{**sound, **parts})


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({}, id="the recorder"),
        pytest.param({"path": object()}, id="the fast path"),
        pytest.param({"answer_fast": None, "wsgi": broken_wsgi}, id="Spyne"),
        pytest.param({"answer_fast": None, "write": broken}, id="what Spyne calls"),
        pytest.param({"answer_fast": None, "write": lambda _record: object()}, id="the answer"),
        pytest.param({"authentication": object()}, id="the authentication"),
    ],
)
def test_broken_part_gives_logged_server_fault(parts: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status, text = asyncio.run(ask(endpoint(**parts)))
    assert status == 500
    assert "<faultcode>soapenv:Server</faultcode>" in text
    assert "UREC0003E" in text
    assert "the record could not be stored: internal error" in text
    assert not [word for word in (SECRET, "Broken", "Traceback", ".py", "object") if word in text]
    assert [record for record in caplog.records if record.exc_info and record.name.startswith("usage_service.soap")]


def test_unwritable_reply_is_server_fault(caplog: pytest.LogCaptureFixture) -> None:
    def stored(_record: Any, settle: Any) -> None:
        asyncio.get_running_loop().call_soon(settle, Receipt("1"))

    writes = FastWrites(FastPath(MakeRecord()), stored, ResponseTemplate(), wire_id=broken)
    with caplog.at_level(logging.ERROR):
        status, text = asyncio.run(ask(endpoint(answer_fast=writes.answer)))
    assert status == 500
    assert "internal error" in text
    assert [record for record in caplog.records if record.exc_info]


def test_broken_page_is_plain_error() -> None:
    async def page(_request: Request) -> Any:
        raise Broken(SECRET)

    @asynccontextmanager
    async def opened() -> Any:
        yield

    front = Front(hot={}, mounts={}, routes=[Route("/page", page, methods=["POST"])], opened=opened)
    sent: list[Any] = []
    with pytest.raises(Broken):  # for the server to log
        asyncio.run(ask(front, "/page", sent))
    assert sent[0]["status"] == 500
    assert sent[1]["body"] == b"Internal Server Error"
