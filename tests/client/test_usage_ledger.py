"""The client of the Usage Ledger against the running service: every operation, typed both ways."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from tests.running import RunningService, running
from usage_service.client.contract import Credentials
from usage_service.client.ledger_types import Reason, RecordFilter, Verdict
from usage_service.client.usage_ledger import UsageLedger
from usage_service.errors import Conflict, InvalidValue, NotAllowed, NotFound, UsageServiceError
from usage_service.record import Property, SequenceNumber, UsageRecord
from usage_service.shipped import shipped

CALLERS = Path(__file__).parent.parent / "data" / "callers.toml"
MAY, JUNE = datetime(2012, 5, 1, tzinfo=UTC), datetime(2012, 6, 1, tzinfo=UTC)
WHY = Reason(actor="auditor", code="TEST", text="to see what happens")
NO_SUCH_ID = "01a1fb83-1f1d-7411-88ff-b7164d8c0403"
numbers = count(1)

EVERY_OPERATION: dict[str, Callable[[UsageLedger], object]] = {
    "writeUsageRecords": lambda ledger: ledger.write([record("PX21_CN_IMS")]),
    "getUsageRecord": lambda ledger: ledger.get(NO_SUCH_ID),
    "queryUsageRecords": lambda ledger: list(ledger.query()),
    "voidUsageRecord": lambda ledger: ledger.void(NO_SUCH_ID, WHY),
    "correctUsageRecord": lambda ledger: ledger.correct(NO_SUCH_ID, record("PX21_CN_IMS"), WHY),
    "getRecordHistory": lambda ledger: ledger.history(NO_SUCH_ID),
    "summarizeUsage": UsageLedger.summarize,
    "closePeriod": lambda ledger: ledger.close_period(MAY, JUNE, actor="a", reason="r"),
    "reopenPeriod": lambda ledger: ledger.reopen_period(MAY, JUNE, actor="a", reason="r"),
    "listClosedPeriods": UsageLedger.closed_periods,
    "getCompleteness": UsageLedger.completeness,
    "listRejects": lambda ledger: list(ledger.rejects()),
    "getReject": lambda ledger: ledger.reject(NO_SUCH_ID),
    "replayReject": lambda ledger: ledger.replay(NO_SUCH_ID, actor="a"),
    "traceInteraction": lambda ledger: ledger.trace("nobody"),
}


@pytest.fixture(scope="module")
def ledger(shared_service: RunningService) -> UsageLedger:
    return UsageLedger(f"{shared_service.url}/soap/usage-ledger")


@pytest.fixture
def name() -> str:
    """A service that no other test writes for."""
    return f"CLIENT_{next(numbers)}"


def record(name: str, number: int = 1) -> UsageRecord:
    return UsageRecord(
        global_transaction_id=f"tx-{number}",
        service=name,
        event_type="StartCall",
        record_time=MAY,
        code=0,
        properties=(Property("SECONDS", str(number)), Property("NOTE", "a;b=c"), Property("NOTE", "")),
    )


def written(ledger: UsageLedger, *records: UsageRecord) -> list[str]:
    verdicts = ledger.write(records, atomic=True)
    assert {verdict.status for verdict in verdicts} == {"stored"}
    return [verdict.record_id or "" for verdict in verdicts]


def test_every_contract_operation_has_method() -> None:
    contract = shipped("wsdl", "UsageLedger.wsdl").read_text("utf-8")
    assert set(EVERY_OPERATION) == set(re.findall(r'<wsdl:operation name="(\w+)"', contract))


def test_each_batch_record_has_verdict(ledger: UsageLedger, name: str) -> None:
    keyed = replace(record(name), once_key="a")
    reused = replace(record(name, 3), once_key="a")

    first, again, bad = ledger.write([keyed, keyed, reused])

    assert (first.status, again.status, bad.status) == ("stored", "duplicate", "rejected")
    assert again.record_id == first.record_id
    assert (bad.record_id, bad.message_id) == (None, "UREC0004E")
    assert bad.reason == f"key key:a of service {name} was already used for a different record"


def test_one_key_makes_batch_retry_safe(ledger: UsageLedger, name: str) -> None:
    records = [record(name, number) for number in range(3)]
    first, again = (ledger.write(records, once_key=f"batch of {name}") for _ in range(2))
    assert [verdict.status for verdict in again] == ["duplicate"] * 3
    assert [verdict.record_id for verdict in again] == [verdict.record_id for verdict in first]


def test_record_is_returned_as_given(ledger: UsageLedger, name: str) -> None:
    (record_id,) = written(ledger, record(name))
    stored = ledger.get(record_id)
    assert (stored.record_id, stored.service, stored.record_time) == (record_id, name, MAY)
    assert stored.properties == record(name).properties


def test_query_continues_over_all_pages(ledger: UsageLedger, name: str) -> None:
    ids = written(ledger, *(record(name, number) for number in range(7)))
    found = ledger.query(RecordFilter(service=name, properties=(Property("NOTE", "a;b=c"),)), page_size=3)
    assert [stored.record_id for stored in found] == ids
    assert list(ledger.query(RecordFilter(service=name, to_time=MAY))) == []


def test_voided_or_corrected_record_keeps_history(ledger: UsageLedger, name: str) -> None:
    (first,) = written(ledger, record(name, 1))
    second = ledger.correct(first, record(name, 2), WHY).replacement_id
    assert second
    assert ledger.void(second, WHY).replacement_id is None

    history = ledger.history(second)

    assert [entry.record.record_id for entry in history] == [first, second]
    assert [entry.adjustment and entry.adjustment.actor for entry in history] == ["auditor"] * 2
    with pytest.raises(Conflict):
        ledger.void(first, WHY)


def test_usage_is_counted_and_added_up(ledger: UsageLedger, name: str) -> None:
    written(ledger, record(name, 2), record(name, 40))
    (group,) = ledger.summarize(
        RecordFilter(service=name),
        group_by=["service"],
        properties=["NOTE"],
        bucket="month",
        time_zone="Europe/Oslo",
        sum_property="SECONDS",
    )
    assert (group.service, group.count, group.sum, group.not_numeric) == (name, 2, Decimal(42), 0)
    assert group.properties == (Property("NOTE", "a;b=c"),)
    assert group.bucket_start == datetime(2012, 4, 30, 22, tzinfo=UTC)


def test_period_closed_listed_and_reopened(ledger: UsageLedger, name: str) -> None:
    written(ledger, record(name))
    who = {"actor": "auditor", "reason": "", "service": name}

    closing = ledger.close_period(MAY, JUNE, **who)

    assert closing.record_count == 1
    assert ledger.closed_periods(name) == [closing.period]
    ledger.reopen_period(MAY, JUNE, **who)
    assert ledger.closed_periods(name) == []


def test_source_sequence_gaps_are_listed(ledger: UsageLedger, name: str) -> None:
    written(ledger, *(replace(record(name, n), source=name, sequence=SequenceNumber("boot", n)) for n in (1, 4)))
    (found,) = ledger.completeness(name)
    assert (found.source, found.epoch, found.seen, found.missing) == (name, "boot", 2, 2)
    assert [(gap.first, gap.last) for gap in found.gaps] == [(2, 3)]


def test_rejects_are_listed_shown_and_replayed(ledger: UsageLedger, name: str) -> None:
    ledger.write([replace(record(name), once_key="a"), replace(record(name, 2), once_key="a")])

    kept = [ledger.reject(found.reject_id) for found in ledger.rejects(open_only=True, page_size=2)]
    (mine,) = [reject for reject in kept if name.encode() in (reject.body or b"")]

    assert (mine.source, mine.message_id, mine.replayed) == ("soap-ledger", "UREC0004E", False)
    assert [verdict.status for verdict in ledger.replay(mine.reject_id, actor="auditor")] == ["rejected"]


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda ledger: ledger.get("42"), InvalidValue),
        (lambda ledger: ledger.get(NO_SUCH_ID), NotFound),
        (lambda ledger: ledger.reopen_period(JUNE, MAY, actor="a", reason="r"), InvalidValue),
        (lambda ledger: list(ledger.query(page_size=0)), InvalidValue),
        (lambda ledger: ledger.trace("nobody"), NotFound),
    ],
)
def test_every_fault_raises_typed_error(ledger: UsageLedger, ask, error: type[UsageServiceError]) -> None:
    with pytest.raises(error):
        ask(ledger)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that asks who calls."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = {"callers_file": str(CALLERS), "auth_modes": '["basic", "username_token"]'}
    settings["nonce_folder"] = str(folder / "nonces")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings)) as service:
        yield service


BASIC, TOKEN = Credentials("gateway", "open sesame"), Credentials("legacy", "plain secret", "token")
STRANGERS = [None, replace(BASIC, password="wrong"), replace(TOKEN, password="wrong")]


def guarded_ledger(service: RunningService, credentials: Credentials | None) -> UsageLedger:
    return UsageLedger(f"{service.url}/soap/usage-ledger", credentials=credentials)


@pytest.mark.parametrize("credentials", STRANGERS, ids=["nobody", "basic", "token"])
def test_stranger_rejected_by_every_operation(guarded: RunningService, credentials: Credentials | None) -> None:
    stranger = guarded_ledger(guarded, credentials)
    for ask in EVERY_OPERATION.values():
        with pytest.raises(NotAllowed, match="not authenticated"):
            ask(stranger)
    legacy = guarded_ledger(guarded, TOKEN)
    assert [stored for stored in legacy.query() if stored.global_transaction_id == "tx-1"] == []
    assert list(legacy.rejects()) == []
    assert legacy.closed_periods() == []


def test_password_or_token_admits_caller(guarded: RunningService) -> None:
    for credentials in (BASIC, TOKEN):
        (verdict,) = guarded_ledger(guarded, credentials).write([record("PX21_CN_IMS", 7)])
        stored = guarded_ledger(guarded, credentials).get(verdict.record_id or "")
        assert (verdict.status, stored.principal) == ("stored", credentials.username)


def test_caller_limited_to_own_services(guarded: RunningService) -> None:
    gateway = guarded_ledger(guarded, BASIC)
    (verdict,) = gateway.write([record("PX99")])
    assert verdict == Verdict(status="rejected", message_id="UREC0005E", reason=verdict.reason)
    with pytest.raises(NotAllowed):
        list(gateway.rejects())
