"""Atomic submissions and refused items of the recorder, on both databases."""

from dataclasses import replace

import pytest

from tests.recording import open_writer, recording, started, stored_records
from tests.usage_records import record_of
from usage_service.errors import Conflict, InvalidValue, KeyReused
from usage_service.ledger.model import Receipt

BAD = InvalidValue("code", "too large")


def kinds(outcomes):
    return [type(outcome) for outcome in outcomes]


def keyed(key, **fields):
    return record_of(once_key=f"key:{key}", **fields)


def test_rejected_item_keeps_its_position(database):
    with recording(open_writer(database)) as recorder:
        outcomes = recorder.record_many([record_of(), BAD, record_of(code=2), BAD])

    assert kinds(outcomes) == [Receipt, InvalidValue, Receipt, InvalidValue]
    assert [stored.record.code for stored in stored_records(database)] == [0, 2]


def test_atomic_submission_rejected_with_bad_item(database):
    with recording(open_writer(database)) as recorder:
        outcomes = recorder.record_many([record_of(), BAD, record_of()], atomic=True)

    assert kinds(outcomes) == [Conflict, InvalidValue, Conflict]
    assert "record 2" in str(outcomes[0])
    assert stored_records(database) == []


def test_atomic_submission_rejected_on_reused_key(database):
    with recording(open_writer(database)) as recorder:
        recorder.record(keyed("taken"))
        outcomes = recorder.record_many([keyed("new"), keyed("taken", code=1)], atomic=True)
        later = recorder.record(keyed("new", code=5))

    assert kinds(outcomes) == [Conflict, KeyReused]
    assert not later.replayed
    assert [stored.record.code for stored in stored_records(database)] == [0, 5]


def test_retried_atomic_submission_returns_original_ids(database):
    batch = [keyed("1"), keyed("2"), record_of(code=3, once_key="key:3")]
    with recording(open_writer(database)) as recorder:
        first = recorder.record_many(batch, atomic=True)
        again = recorder.record_many(batch, atomic=True)

    assert again == [Receipt(receipt.record_id, replayed=True) for receipt in first]
    assert len(stored_records(database)) == 3


def test_atomic_and_other_submissions_are_independent(database):
    with recording(open_writer(database)) as recorder:
        settled = [[] for _ in range(9)]
        for number, outcomes in enumerate(settled):
            items = [record_of(code=number), BAD] if number % 3 == 2 else [record_of(code=number)]
            recorder.submit_many(items, outcomes.extend, atomic=number % 3 == 1)

    assert [kinds(outcomes) for outcomes in settled] == [[Receipt], [Receipt], [Receipt, InvalidValue]] * 3
    assert [stored.record.code for stored in stored_records(database)] == list(range(9))


def test_content_policy_stores_equal_records_once(database):
    record = record_of(("A", "1"))
    recorder = started(open_writer(database), inspect=lambda _record: ("seen",), once_by_content=[record.service])
    outcomes = recorder.record_many([record, record, replace(record, code=1), replace(record, service="OTHER")])
    recorder.close()

    assert [outcome.replayed for outcome in outcomes] == [False, True, False, False]


@pytest.mark.parametrize("key", ["key:callers-own", "wsa:callers-own"])
def test_caller_key_overrides_content_policy(database, key):
    record = record_of(once_key=key)
    recorder = started(open_writer(database), inspect=lambda _record: (), once_by_content=[record.service])
    receipts = [recorder.record(record), recorder.record(replace(record, once_key=f"{key}-2"))]
    recorder.close()

    assert not any(receipt.replayed for receipt in receipts)
