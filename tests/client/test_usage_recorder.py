"""The client against the real service: records arrive as they were given, and every fault is an error of its type."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demos.http_application import Post, served
from demos.ports import reserved_port
from tests.usage_records import xml_texts
from usage_service.client import UsageRecorder
from usage_service.client.contract import Fault
from usage_service.errors import (
    Busy,
    CallerError,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotStored,
    ServiceError,
    StoreUnavailable,
    UnequalArrays,
    Unreadable,
    UsageServiceError,
)
from usage_service.record import Property

DATA = Path(__file__).parent / "data"
POINT = {"service": "PX21_CN_IMS", "event_type": "StartCallNotification"}


@pytest.fixture(scope="module")
def recorder(shared_service) -> UsageRecorder:
    return UsageRecorder(shared_service.endpoint)


def stored(service, record_id):
    (row,) = [row for row in service.records() if row["record_id"] == record_id]
    return row


def test_record_arrives_as_given(shared_service, recorder):
    moment = datetime(2024, 5, 1, 14, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=2)))
    record_id = recorder.record(
        **POINT, code=1, properties={"REQUESTER": "alice"}, global_transaction_id="t1", record_time=moment
    )
    row = stored(shared_service, record_id)
    assert (row["global_transaction_id"], row["code"], row["record_time"]) == ("t1", 1, 1714564800123)
    assert (row["service"], row["event_type"]) == ("PX21_CN_IMS", "StartCallNotification")
    assert row["properties"] == [("REQUESTER", "alice")]


def test_missing_id_and_time_are_generated(shared_service, recorder):
    before = datetime.now(UTC).timestamp() * 1000 - 1
    first, second = (stored(shared_service, recorder.record(**POINT)) for _ in range(2))
    assert first["global_transaction_id"] != second["global_transaction_id"]
    assert before <= first["record_time"] <= second["record_time"]


def test_repeated_properties_keep_their_order(shared_service, recorder):
    pairs = [Property("NAME", "2"), ("NAME", "1"), ("OTHER", "")]
    assert stored(shared_service, recorder.record(**POINT, properties=pairs))["properties"] == pairs


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.tuples(xml_texts(), xml_texts()), max_size=5))
def test_any_property_survives_zeep_and_store(shared_service, recorder, pairs):
    assert stored(shared_service, recorder.record(**POINT, properties=pairs))["properties"] == pairs


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"service": "x" * 128, "event_type": "e"}, "service"),
        ({"service": "s", "event_type": "x" * 251}, "eventType"),
        ({**POINT, "code": 2**31}, "code"),
        ({**POINT, "global_transaction_id": "x" * 128}, "globalTransactionID"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rejected_value_error_names_field(recorder, fields, field):
    with pytest.raises(InvalidValue) as caught:
        recorder.record(**fields)
    assert caught.value.field == field


def test_empty_endpoint_disables_component_and_counts():
    recorder = UsageRecorder("")
    assert [recorder.record(**POINT), recorder.record(**POINT)] == [None, None]
    assert recorder.disabled == 2


def test_absent_service_is_unavailable():
    with pytest.raises(StoreUnavailable, match="does not answer"):
        UsageRecorder(f"http://127.0.0.1:{reserved_port()}/", timeout=2).record(**POINT)


class ForeignServer:
    """A Usage Record component that is not ours: gives one prepared answer, or none."""

    def __init__(self) -> None:
        self.status, self.answer = 500, b""
        self.hold: threading.Event | None = None
        self.body = b""
        self.url = ""

    def receive(self, post: Post) -> tuple[int, bytes]:
        self.body = post.body
        if self.hold:
            self.hold.wait(30)
        return self.status, self.answer


@pytest.fixture
def foreign() -> Iterator[ForeignServer]:
    server = ForeignServer()
    with served(server.receive) as url:
        server.url = f"{url}/"
        yield server
        if server.hold:
            server.hold.set()


FAULTS: dict[str, UsageServiceError] = {
    "UREC0001E": InvalidValue("code", "too large"),
    "UREC0002E": UnequalArrays(2, 1),
    "UREC0003E": NotStored("the database is not available"),
    "UREC0004E": KeyReused("key:1"),
    "UREC0005E": NotAllowed("PX21_CN_IMS"),
    "UREC0006E": Unreadable("the body is empty"),
    "UREC0007E": Busy("too many requests are waiting"),
    "SOAS9999E": ServiceError("quota of alice is used up"),
    "untyped-client": CallerError("no such operation"),
    "untyped-server": NotStored("out of order"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_error_carries_its_values(foreign, name):
    foreign.answer = (DATA / f"fault-{name}.xml").read_bytes()
    expected = FAULTS[name]
    with pytest.raises(UsageServiceError) as caught:
        UsageRecorder(foreign.url).record(**POINT)
    assert type(caught.value) is type(expected)
    assert vars(caught.value) == vars(expected)
    assert str(caught.value) == str(expected)


def test_every_prepared_fault_is_tried():
    assert {path.stem for path in DATA.glob("fault-*.xml")} == {f"fault-{name}" for name in FAULTS}


def test_silent_service_is_unavailable_after_timeout(foreign):
    foreign.hold = threading.Event()
    with pytest.raises(StoreUnavailable, match="ReadTimeout"):
        UsageRecorder(foreign.url, timeout=0.2).record(**POINT)


@pytest.mark.parametrize("answer", [b"", b"<html>busy</html>", b"not xml <", b"<a/>"], ids=repr)
@pytest.mark.parametrize("status", [200, 500, 503])
def test_reply_outside_contract_is_service_error(foreign, answer, status):
    foreign.status, foreign.answer = status, answer
    with pytest.raises(ServiceError):
        UsageRecorder(foreign.url).record(**POINT)


def test_request_matches_foreign_component_expectation(foreign):
    foreign.status, foreign.answer = 200, (DATA / "answer.xml").read_bytes()
    record_id = UsageRecorder(foreign.url).record(
        **POINT, properties=[("A", "1"), ("B", "2")], global_transaction_id="t"
    )
    assert record_id == "42"
    for piece in (b"writeUsageRecordRequest", b"http://www.ibm.com/schema/twss/userec/v2_0/local"):
        assert piece in foreign.body
    assert foreign.body.index(b">B<") < foreign.body.index(b">1<")


def test_a_fault_fills_in_its_text():
    assert Fault("X", "{1} before {0}", ("a", "b")).message == "b before a"
