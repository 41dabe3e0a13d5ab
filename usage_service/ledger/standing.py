"""Which record stands for an idempotency key now: the one that used the key first, or what has replaced it since."""

from dataclasses import dataclass

from sqlalchemy import select

from usage_service.database.database import Database
from usage_service.ledger.model import StoredRecord
from usage_service.ledger.records import load_records
from usage_service.ledger.tables import once_key, usage_adjustment


@dataclass(frozen=True, slots=True)
class Standing:
    """The last record of a key's history, and whether it was voided."""

    stored: StoredRecord
    voided: bool


def standing_record(database: Database, service: str, key: str) -> Standing | None:
    """What stands for a service's key; None when no record ever used it, or retention has removed what did."""
    columns = usage_adjustment.c
    with database.connect() as connection:
        record_id = connection.execute(
            select(once_key.c.record_id).where(once_key.c.service == service, once_key.c.key == key)
        ).scalar_one_or_none()
        if record_id is None:
            return None
        while True:
            adjusted = connection.execute(select(columns.replacement_id).where(columns.record_id == record_id)).first()
            if adjusted is None or adjusted.replacement_id is None:
                found = load_records(connection, [record_id])
                return Standing(found[0], adjusted is not None) if found else None
            record_id = adjusted.replacement_id
