"""Wiring of the interactions: the Genesys library, the store and the ledger, built from settings."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from usage_service import record_ids
from usage_service.database.database import Database
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.standing import standing_record
from usage_service.settings import Settings
from usage_service.systems.genesys.ledger import Ledger
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.loading import Loader
from usage_service.systems.genesys.scanner import Settings as ReaderSettings
from usage_service.systems.genesys.settling import Settler
from usage_service.systems.genesys.tracing import Interactions, Rule
from usage_service.systems.system import System


def open_loader(settings: Settings, database: Database, recorder: CommitQueue) -> tuple[Loader, Settler]:
    """The reader of Genesys logs, and what makes interactions and usage records of them."""
    rejects = Rejects(database, issue_ids=record_ids.new_record_ids)
    adjustments = Adjustments(database, host=settings.host, issue_id=lambda: record_ids.new_record_ids(1)[0])
    ledger = Ledger(recorder, adjustments, partial(standing_record, database))
    settler = Settler(database, ledger, rejects, genesys_policy(settings))
    return Loader(database, settler, rejects, settings.genesys_block_bytes), settler


def genesys_policy(settings: Settings) -> Policy:
    """When to stop waiting for the other side of a link."""
    monitored = frozenset(settings.genesys_monitored) or None
    return Policy(wait=timedelta(minutes=settings.genesys_link_wait_minutes), monitored=monitored)


def genesys_reading(settings: Settings, server: str = "") -> ReaderSettings:
    """How to read a Genesys log."""
    return ReaderSettings(
        server=server,
        user_data=frozenset(settings.genesys_user_data),
        utc_offset=timedelta(minutes=settings.genesys_utc_offset_minutes),
    )


def open_interactions(settings: Settings, database: Database) -> Interactions:
    """The questions about stored interactions; `trace_interaction` answers for other protocols."""
    rules = [Rule.of(setting) for setting in settings.interaction_rules]
    return Interactions(database, genesys_policy(settings), rules)


_FOLDER = Path(__file__).parent
GENESYS = System(
    catalog=(_FOLDER / "genesys_call.toml", _FOLDER / "genesys_interaction.toml"),
    trace_interaction=lambda settings, database: open_interactions(settings, database).trace_interaction,
)
"""Genesys multi-site calls: read from logs by commands, answered over the ledger's `traceInteraction`."""
