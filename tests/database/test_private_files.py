"""What belongs to an SQLite database is its owner's alone."""

from pathlib import Path

from tests.recording import open_writer
from tests.usage_records import record_of
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema


def test_new_sqlite_files_are_private(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/usage.db")
    upgrade_schema(database)
    writer = open_writer(database)
    writer.write([record_of()])
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    writer.close()
    database.close()
    assert set(modes.values()) == {"0o600"}
    assert {"usage.db", "usage.db-wal", "usage.db-writer"} <= modes.keys()
