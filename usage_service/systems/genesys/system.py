"""Wiring of the interactions: the Genesys library, the store and the ledger, built from settings."""

from datetime import timedelta
from pathlib import Path

from usage_service import record_ids
from usage_service.database.database import Database
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.system import open_adjustments
from usage_service.ledger.upsert import Upserts
from usage_service.settings import Settings
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.loading import Loader
from usage_service.systems.genesys.scanner import Settings as ReaderSettings
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.genesys.settling import AUTHOR, Settler
from usage_service.systems.genesys.tracing import Interactions, Rule
from usage_service.systems.system import System


def open_loader(settings: Settings, database: Database, recorder: CommitQueue) -> tuple[Loader, Settler]:
    """The reader of Genesys logs, and what makes interactions and usage records of them."""
    rejects = Rejects(database, issue_ids=record_ids.new_record_ids)
    ledger = Upserts(database, recorder.record_many, open_adjustments(settings, database), AUTHOR)
    genesys = settings.group(GenesysSettings)
    settler = Settler(database, ledger, rejects, genesys_policy(genesys))
    return Loader(database, settler, rejects, genesys.block_bytes), settler


def genesys_policy(settings: GenesysSettings) -> Policy:
    """When to stop waiting for the other side of a link."""
    monitored = frozenset(settings.monitored) or None
    return Policy(wait=timedelta(seconds=settings.link_wait_seconds), monitored=monitored)


def genesys_reading(settings: GenesysSettings, server: str = "") -> ReaderSettings:
    """How to read a Genesys log."""
    return ReaderSettings(
        server=server,
        user_data=frozenset(settings.user_data),
        utc_offset=timedelta(seconds=settings.utc_offset_seconds),
    )


def open_interactions(settings: Settings, database: Database) -> Interactions:
    """The questions about stored interactions; `trace_interaction` answers for other protocols."""
    genesys = settings.group(GenesysSettings)
    rules = [Rule.of(setting) for setting in genesys.interaction_rules]
    return Interactions(database, genesys_policy(genesys), rules)


_FOLDER = Path(__file__).parent
GENESYS = System(
    settings=GenesysSettings,
    catalog=(_FOLDER / "genesys_call.toml", _FOLDER / "genesys_interaction.toml"),
    trace_interaction=lambda settings, database: open_interactions(settings, database).trace_interaction,
)
"""Genesys multi-site calls: read from logs by commands, answered over the ledger's `traceInteraction`."""
