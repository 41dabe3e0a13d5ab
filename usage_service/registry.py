"""The optional systems of this product: the one list of them. Nothing scans and nothing registers itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from usage_service.database.database import Database
from usage_service.errors import NotFound
from usage_service.ledger.services import TraceInteraction
from usage_service.settings import Settings
from usage_service.systems.bridge_billing.system import BRIDGE_BILLING
from usage_service.systems.call_notification.system import CALL_NOTIFICATION
from usage_service.systems.genesys.system import GENESYS
from usage_service.systems.pexip.system import PEXIP
from usage_service.systems.system import Core, Served, System

SYSTEMS: dict[str, System] = {
    "billing": BRIDGE_BILLING,
    "call_notification": CALL_NOTIFICATION,
    "genesys": GENESYS,
    "pexip": PEXIP,
}
"""By the names of their groups of settings."""

SETTINGS_GROUPS: dict[str, type[Any]] = {name: system.settings for name, system in SYSTEMS.items()}
"""What `load_settings` knows beside the settings of the core."""


def catalog_files() -> list[Path]:
    """What the systems add to the event catalog: a file for each service whose records they write."""
    return [path for system in SYSTEMS.values() for path in system.catalog]


def served_systems(core: Core) -> list[Served]:
    """What the configured systems add to the service."""
    built = [system.serve(core) for system in SYSTEMS.values() if system.serve]
    return [served for served in built if served]


def background_work(settings: Settings) -> list[Callable[[], None]]:
    """What the configured systems do in processes of their own."""
    found = [system.background(settings) for system in SYSTEMS.values() if system.background]
    return [work for work in found if work]


def interaction_tracer(settings: Settings, database: Database) -> TraceInteraction:
    """What finds interactions: that of the first system that knows them."""
    for system in SYSTEMS.values():
        if system.trace_interaction:
            return system.trace_interaction(settings, database)
    raise NotFound("system", "that traces interactions")
