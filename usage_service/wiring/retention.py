"""The wiring of retention: how long each kind of row is kept, by the settings."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from usage_service.errors import ConfigurationError
from usage_service.settings import Settings
from usage_service.store.database import Database
from usage_service.store.retention import Removal, Retention


class Run(NamedTuple):
    """One kind of row, and the run that removes what is too old of it."""

    what: str
    before: datetime
    steps: Iterator[Removal]  # one for each transaction


def retention_runs(
    settings: Settings, database: Database, now: datetime, *, dry: bool, open_periods: bool
) -> list[Run]:
    """A run for each kind of row that is not kept for ever. Nothing runs before its first step is asked for.

    Records go before keys, which may be kept for their sake. Raises `ConfigurationError` for days that are none.
    """
    retention = Retention(database=database, dry=dry)
    kinds: list[tuple[str, int, Callable[[datetime], Iterator[Removal]]]] = [
        ("records", settings.keep_records_days, partial(retention.records, open_periods=open_periods)),
        ("keys", settings.keep_keys_days, retention.keys),
        ("replayed rejects", settings.keep_rejects_days, partial(retention.rejects, replayed=True)),
        ("open rejects", settings.keep_open_rejects_days, partial(retention.rejects, replayed=False)),
    ]
    limits = [(what, _before(what, now, days), run) for what, days, run in kinds if days]
    return [Run(what, before, run(before)) for what, before, run in limits]


def _before(what: str, now: datetime, days: int) -> datetime:
    try:
        if days > 0:
            return now - timedelta(days=days)
    except OverflowError:
        pass
    raise ConfigurationError(f"{what} cannot be kept for {days} days")
