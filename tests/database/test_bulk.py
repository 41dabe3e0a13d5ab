"""Bulk SQL: whatever the number of rows, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from usage_service.database.bulk import CHUNK, among, chunks, delete_among, insert_new_rows, insert_rows, upsert_rows
from usage_service.database.database import Database
from usage_service.errors import NotStored
from usage_service.ledger.tables import once_key, source_sequence

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def key(number: int, digest: str = "") -> dict[str, object]:
    return {
        "service": "s",
        "key": f"{number:05d}",
        "record_id": f"018f0000-0000-7000-8000-{number:012d}",
        "content_digest": digest,
        "used_at": NOW,
    }


def digests(database: Database) -> list[str]:
    with database.connect() as connection:
        return list(connection.scalars(select(once_key.c.content_digest).order_by(once_key.c.key)))


def test_more_rows_than_parameters_are_taken(database: Database) -> None:
    rows = [key(number) for number in range(CHUNK + 1)]
    with database.transaction() as connection:
        insert_rows(connection, once_key, rows)
        wanted = [str(row["key"]) for row in rows]
        found = [
            found
            for chunk in chunks(wanted)
            for found in connection.scalars(select(once_key.c.key).where(among(connection, once_key.c.key, chunk)))
        ]
        assert sorted(found) == wanted
        delete_among(connection, once_key.c.key, wanted[1:])
        assert connection.scalar(select(func.count()).select_from(once_key)) == 1


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.transaction() as connection:
        insert_rows(connection, once_key, [])
        assert insert_new_rows(connection, once_key, [], "key") == set()
        assert upsert_rows(connection, once_key, [], returned=["key"]) == []


def test_one_refused_row_refuses_all(database: Database) -> None:
    with pytest.raises(NotStored), database.transaction() as connection:
        insert_rows(connection, once_key, [key(1), key(2), key(1)])
    assert digests(database) == []


def test_only_new_rows_are_inserted(database: Database) -> None:
    with database.transaction() as connection:
        insert_rows(connection, once_key, [key(1, "old")])
        assert insert_new_rows(connection, once_key, [key(1, "new"), key(2), key(2)], "key") == {"00002"}
    assert digests(database) == ["old", ""]


def test_last_row_of_key_wins(database: Database) -> None:
    with database.transaction() as connection:
        insert_rows(connection, once_key, [key(1, "old")])
        rows = upsert_rows(connection, once_key, [key(1, "a"), key(2, "b"), key(1, "c")], returned=["content_digest"])
        assert sorted(row.content_digest for row in rows) == ["b", "c"]
    assert digests(database) == ["c", "b"]


def test_rows_without_replaced_columns_stay(database: Database) -> None:
    with database.transaction() as connection:
        insert_rows(connection, once_key, [key(1, "old")])
        upsert_rows(connection, once_key, [key(1, "new"), key(2, "new")], replaced=())
    assert digests(database) == ["old", "new"]


def test_missing_values_stay_missing(database: Database) -> None:
    rows = [{"source": "s", "epoch": "", "number": n, "seen_at": NOW, "record_id": None} for n in (1, 2**40)]
    with database.transaction() as connection:
        insert_rows(connection, source_sequence, rows)
        found = connection.execute(select(source_sequence).order_by(source_sequence.c.number)).mappings()
        assert [dict(row) for row in found] == rows
