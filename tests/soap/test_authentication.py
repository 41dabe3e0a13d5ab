"""Who gets in, on the running service, in both paths."""

import http.client
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from secrets import token_bytes
from typing import NamedTuple

import pytest

from tests.running import RunningService, running
from usage_service.client import UsageRecorder
from usage_service.database.database import open_database
from usage_service.errors import NotAllowed
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records

CALLERS = Path(__file__).parent.parent / "data" / "callers.toml"
RECORD = (Path(__file__).parent / "data" / "record.xml").read_text()
TOKEN = (Path(__file__).parent / "data" / "username_token.xml").read_text()
SETTINGS = {
    "callers_file": str(CALLERS),
    "auth_modes": '["basic", "username_token", "proxy_certificate"]',
    "trusted_proxies": '["127.0.0.2"]',
}
GATEWAY = "Basic " + b64encode(b"gateway:open sesame").decode()
FAST, SPYNE = RECORD, RECORD.replace("<u:code>", "<u:code a='b'>")
"""The second one carries an attribute, which only the Spyne takes."""
paths = pytest.mark.parametrize("record", [FAST, SPYNE], ids=["fast", "spyne"])


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    challenges: list[str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("authentication")
    settings = SETTINGS | {"nonce_folder": str(folder / "nonces")}
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings)) as service:
        yield service


def post(
    service: RunningService, body: str, headers: dict[str, str] | None = None, source: str = "127.0.0.1"
) -> Answer:
    connection = http.client.HTTPConnection(service.host, service.port, timeout=20, source_address=(source, 0))
    with closing(connection):
        connection.request("POST", "/soap/usage-record", body.encode(), {"Content-Type": "text/xml", **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(), answer.headers.get_all("WWW-Authenticate") or [])


def with_token(record: str, username: str, password: str, kind: str, *proof: str) -> str:
    nonce, created = proof or ("", "")
    token = TOKEN.format(username=username, password=password, kind=kind, nonce=nonce, created=created)
    return record.replace("<soapenv:Body>", token + "<soapenv:Body>")


def with_digest(record: str, secret: str = "plain secret", *, age: timedelta = timedelta()) -> str:
    nonce, created = token_bytes(16), (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = b64encode(sha1(nonce + created.encode() + secret.encode()).digest()).decode()
    return with_token(record, "legacy", digest, "PasswordDigest", b64encode(nonce).decode(), created)


def doubled(body: str) -> str:
    start, end = body.index("<wsse:Security"), body.index("</soapenv:Header>")
    return body[:end] + body[start:]


def principal_of_last(service: RunningService) -> str | None:
    database = open_database(service.database)
    try:
        return Records(database).find(RecordFilter(), limit=1_000_000)[-1].record.principal
    finally:
        database.close()


def assert_refused(answer: Answer) -> None:
    assert answer.status == 401
    assert "UREC0005E" in answer.text
    assert [challenge.split()[0] for challenge in answer.challenges] == ["Basic", "Certificate", "WSSE"]


@paths
def test_authenticated_name_is_stored_as_principal(service: RunningService, record: str) -> None:
    assert post(service, record, {"Authorization": GATEWAY}).status == 200
    assert principal_of_last(service) == "gateway"


@paths
def test_write_to_foreign_service_is_rejected(service: RunningService, record: str) -> None:
    before = len(service.records())
    answer = post(service, record.replace("PX21_CN_IMS", "PX99"), {"Authorization": GATEWAY})
    assert answer.status == 500
    assert "UREC0005E" in answer.text
    assert "soapenv:Client" in answer.text
    assert "PX99" in answer.text
    assert len(service.records()) == before


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic " + b64encode(b"gateway:wrong").decode(),
        "Basic " + b64encode(b"stranger:open sesame").decode(),
        "Basic " + b64encode(b"gateway").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic !",
        "Bearer open sesame",
        "",
    ],
)
@paths
def test_wrong_or_missing_credentials_are_refused(service: RunningService, record: str, authorization: str) -> None:
    before = len(service.records())
    assert_refused(post(service, record, {"Authorization": authorization}))
    assert len(service.records()) == before


def test_credential_verdicts_stay_correct_when_mixed(service: RunningService) -> None:
    wrong = "Basic " + b64encode(b"gateway:nearly").decode()
    for _ in range(3):
        assert_refused(post(service, RECORD, {"Authorization": wrong}))
        assert post(service, RECORD, {"Authorization": GATEWAY}).status == 200


@paths
def test_token_with_password_is_accepted(service: RunningService, record: str) -> None:
    assert post(service, with_token(record, "gateway", "open sesame", "PasswordText")).status == 200
    assert principal_of_last(service) == "gateway"


@paths
def test_token_with_digest_is_accepted_once(service: RunningService, record: str) -> None:
    body = with_digest(record)
    assert post(service, body).status == 200
    assert principal_of_last(service) == "legacy"
    for _ in range(8):  # whichever worker takes it
        assert_refused(post(service, body))


@pytest.mark.parametrize(
    "body",
    [
        with_token(RECORD, "gateway", "wrong", "PasswordText"),
        with_token(RECORD, "gateway", "open sesame", "PasswordOther"),
        with_token(RECORD, "legacy", "plain secret", "PasswordDigest"),
        with_token(RECORD, "legacy", "AAAA", "PasswordDigest", "!", "2012-10-29T14:41:00Z"),
        with_token(RECORD, "legacy", "AAAA", "PasswordDigest", "AAAA", "yesterday"),
        with_token(RECORD, "gateway", "AAAA", "PasswordDigest", "AAAA", datetime.now(UTC).isoformat()),
        with_digest(RECORD, "another secret"),
        with_digest(RECORD, age=timedelta(hours=1)),
        with_digest(RECORD, age=timedelta(hours=-1)),
        doubled(with_digest(RECORD)),
    ],
)
def test_wrong_or_stale_token_is_rejected(service: RunningService, body: str) -> None:
    before = len(service.records())
    assert_refused(post(service, body))
    assert len(service.records()) == before


def test_a_trusted_proxy_is_believed(service: RunningService) -> None:
    subject = {"X-Client-Subject": "CN=cn.example.net,O=Example"}
    assert post(service, RECORD, subject, source="127.0.0.2").status == 200
    assert principal_of_last(service) == "proxied"


@pytest.mark.parametrize(
    ("subject", "source"), [("CN=cn.example.net,O=Example", "127.0.0.1"), ("CN=stranger", "127.0.0.2")]
)
def test_others_are_not_believed(service: RunningService, subject: str, source: str) -> None:
    assert_refused(post(service, RECORD, {"X-Client-Subject": subject}, source=source))


@pytest.mark.parametrize("path", ["/soap/usage-record?wsdl", "/health/live", "/health/ready"])
def test_contract_and_health_need_no_credentials(service: RunningService, path: str) -> None:
    with closing(http.client.HTTPConnection(service.host, service.port, timeout=20)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 200


def test_our_client_authenticates(service: RunningService) -> None:
    recorder = UsageRecorder(service.endpoint, username="gateway", password="open sesame")
    assert recorder.record(service="PX21_CN_IMS", event_type="StartCallNotification")
    assert principal_of_last(service) == "gateway"


@pytest.mark.parametrize(("name", "password"), [(None, ""), ("gateway", "wrong")])
def test_our_client_reports_failed_authentication(service: RunningService, name: str | None, password: str) -> None:
    with pytest.raises(NotAllowed):
        UsageRecorder(service.endpoint, username=name, password=password).record(service="PX21_CN_IMS", event_type="X")


def test_no_secret_reaches_the_log(service: RunningService) -> None:
    log = service.log.read_text()
    assert not [word for word in ("sesame", "plain secret", GATEWAY.split()[1]) if word in log]
