"""Replaying rejects after a fix, on both databases: stored once, noted, and kept open where it fails."""

from collections.abc import Iterator

import pytest

from tests.recording import open_writer, recording, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database
from usage_service.errors import Conflict, InvalidValue, NotAllowed
from usage_service.ledger.model import Receipt, Reject
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.replaying import Replays, Reread
from usage_service.record_ids import new_record_ids


@pytest.fixture
def rejects(database: Database) -> Rejects:
    return Rejects(database, issue_ids=new_record_ids, body_limit=10)


@pytest.fixture
def recorder(database: Database) -> Iterator:
    with recording(open_writer(database)) as recorder:
        yield recorder


def kept(rejects: Rejects, body: bytes = b"body") -> str:
    (reject_id,) = rejects.keep([Reject(source="soap", message_id="UREC0001E", reason="wrong", body=body)])
    return reject_id


def replays(rejects, recorder, *items, atomic=False, require=lambda _record: None):
    return Replays(rejects, recorder.record_many, {"soap": lambda _reject: Reread(items, atomic)}, require)


def test_replay_checks_rights_of_principal(database, rejects, recorder):
    def require(record):
        raise NotAllowed(record.service)

    (outcome,) = replays(rejects, recorder, record_of(), require=require).replay(kept(rejects), actor="auditor")

    assert isinstance(outcome, NotAllowed)
    assert stored_records(database) == []
    assert len(rejects.find(open_only=True)) == 1


def test_replayed_reject_becomes_record_once(database, rejects, recorder):
    reject_id = kept(rejects)
    replay = replays(rejects, recorder, record_of(), record_of(code=1)).replay

    first, again = replay(reject_id, actor="auditor"), replay(reject_id, actor="auditor")

    assert [one.replayed for one in first] == [False, False]
    assert again == [Receipt(one.record_id, replayed=True) for one in first]
    assert len(stored_records(database)) == 2
    assert rejects.get(reject_id).replayed
    assert rejects.find(open_only=True) == []


def test_replay_after_resend_adds_no_duplicate(database, rejects, recorder):
    record = record_of(once_key="key:callers-own")
    retried = recorder.record(record)

    (outcome,) = replays(rejects, recorder, record).replay(kept(rejects), actor="auditor")

    assert outcome == Receipt(retried.record_id, replayed=True)
    assert len(stored_records(database)) == 1


def test_what_is_refused_again_stays_open(database, rejects, recorder):
    reject_id = kept(rejects)

    outcomes = replays(rejects, recorder, InvalidValue("code", "too large")).replay(reject_id, actor="auditor")

    assert [type(outcome) for outcome in outcomes] == [InvalidValue]
    assert [one.reject_id for one in rejects.find(open_only=True)] == [reject_id]


def test_atomic_reject_is_replayed_whole(database, rejects, recorder):
    replay = replays(rejects, recorder, record_of(), InvalidValue("code", "too large"), atomic=True).replay

    outcomes = replay(kept(rejects), actor="auditor")

    assert [type(outcome) for outcome in outcomes] == [Conflict, InvalidValue]
    assert stored_records(database) == []


def test_truncated_reject_cannot_be_replayed(rejects, recorder):
    reject_id = kept(rejects, b"longer than ten bytes")

    with pytest.raises(Conflict, match="only a part"):
        replays(rejects, recorder).replay(reject_id, actor="auditor")


def test_source_without_reader_cannot_be_replayed(rejects, recorder):
    reject_id = kept(rejects)

    with pytest.raises(Conflict, match="cannot be replayed"):
        Replays(rejects, recorder.record_many, {}, lambda _record: None).replay(reject_id, actor="auditor")
