"""The ledger against a simple model: no loss, no duplicate, no change of history, whatever happens in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.ledger.ledger_process import LedgerProcess
from tests.recording import stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import Conflict, KeyReused
from usage_service.ledger.model import Period, Receipt, RecordFilter
from usage_service.ledger.records import Records
from usage_service.record import UsageRecord

MONTHS = (1, 2, 3)

_numbers = count()


def fresh_record(month: int, *, keyed: bool) -> UsageRecord:
    """A record that differs from every other."""
    number = next(_numbers)
    record = record_of(("NUMBER", str(number)), record_time=datetime(2026, month, 10, tzinfo=UTC))
    return replace(record, once_key=f"key:{number}" if keyed else None)


def month_of(number: int) -> Period:
    return Period(starts_at=datetime(2026, number, 1, tzinfo=UTC), ends_at=datetime(2026, number + 1, 1, tzinfo=UTC))


class LedgerMachine(RuleBasedStateMachine):
    """Drives the ledger and remembers what it must hold."""

    ledger: LedgerProcess
    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.transaction() as connection:
            for table in ("usage_property", "usage_record", "usage_adjustment", "usage_period", "once_key"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        self.records: dict[str, UsageRecord] = {}  # id → content; nothing ever leaves
        self.ended: set[str] = set()  # voided or replaced
        self.keyed: dict[str, str] = {}  # idempotency key → id
        self.closed: set[int] = set()

    @rule(month=st.sampled_from(MONTHS), keyed=st.booleans())
    def write(self, month: int, keyed: bool) -> None:
        self.store([fresh_record(month, keyed=keyed)])

    @rule(size=st.integers(2, 12), month=st.sampled_from(MONTHS))
    def write_a_batch(self, size: int, month: int) -> None:
        self.store([fresh_record(month, keyed=number % 2 == 0) for number in range(size)])

    @precondition(lambda self: self.keyed)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.keyed)))
        record_id = self.keyed[key]
        again = replace(self.records[record_id], once_key=key)
        [fresh] = [fresh_record(1, keyed=False)]
        first, second, third = self.ledger.write([again, fresh, again])
        assert first == third == Receipt(record_id, replayed=True)
        self.learn(fresh, second)

    @precondition(lambda self: self.keyed)
    @rule(data=st.data())
    def use_a_key_for_another_record(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.keyed)))
        [outcome] = self.ledger.write([replace(fresh_record(2, keyed=False), once_key=key)])
        assert isinstance(outcome, KeyReused)

    @rule(size=st.integers(1, 60), after=st.floats(0, 0.02))
    def crash_while_writing_and_retry(self, size: int, after: float) -> None:
        batch = [fresh_record(1, keyed=True) for _ in range(size)]
        self.ledger.crash_while_writing(batch, after)
        self.store(batch)

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.records)))
        with self.refused_if(record_id in self.ended or self.is_closed(record_id)):
            self.ledger.void(record_id)
            self.ended.add(record_id)

    @precondition(lambda self: self.records)
    @rule(data=st.data(), month=st.sampled_from(MONTHS))
    def correct(self, data: st.DataObject, month: int) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.records)))
        corrected = fresh_record(month, keyed=False)
        with self.refused_if(record_id in self.ended or self.is_closed(record_id) or month in self.closed):
            self.records[self.ledger.correct(record_id, corrected)] = corrected
            self.ended.add(record_id)

    @rule(month=st.sampled_from(MONTHS))
    def close(self, month: int) -> None:
        with self.refused_if(month in self.closed):
            counted = self.ledger.close_period(month_of(month))
            self.closed.add(month)
            current = [record for id_, record in self.records.items() if id_ not in self.ended]
            assert counted == sum(record.record_time.month == month for record in current)

    @precondition(lambda self: self.closed)
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        month = data.draw(st.sampled_from(sorted(self.closed)))
        self.ledger.reopen_period(month_of(month))
        self.closed.remove(month)

    def teardown(self) -> None:
        """The tables hold exactly what was acknowledged, and what counts is what was not ended."""
        held = {entry.record_id: entry.record for entry in stored_records(self.database)}
        assert held == {id_: replace(record, once_key=None) for id_, record in self.records.items()}
        current = Records(self.database).find(RecordFilter(current=True), limit=1_000_000)
        assert {entry.record_id for entry in current} == held.keys() - self.ended

    def store(self, records: list[UsageRecord]) -> None:
        for record, outcome in zip(records, self.ledger.write(records), strict=True):
            self.learn(record, outcome)

    def learn(self, record: UsageRecord, outcome: object) -> None:
        assert isinstance(outcome, Receipt)
        assert outcome.record_id not in self.records
        self.records[outcome.record_id] = record
        if record.once_key:
            self.keyed[record.once_key] = outcome.record_id

    def is_closed(self, record_id: str) -> bool:
        return self.records[record_id].record_time.month in self.closed

    @contextmanager
    def refused_if(self, expected: bool) -> Iterator[None]:
        if expected:
            with pytest.raises(Conflict):
                yield
        else:
            yield


def test_ledger_always_matches_model(database_url: str) -> None:
    database = open_database(database_url)
    upgrade_schema(database)
    ledger = LedgerProcess(database_url)
    machine = type("Machine", (LedgerMachine,), {"database": database, "ledger": ledger})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        ledger.stop()
        database.close()
