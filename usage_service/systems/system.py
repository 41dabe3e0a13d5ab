"""What an optional system is to the rest of the product: what it is given, and what it adds to the service.

A system lies in one folder and knows no other system; `usage_service/registry.py` names them all.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute

from usage_service.auth.authentication import Authentication
from usage_service.database.database import Database
from usage_service.http.asgi import AsgiApp
from usage_service.ledger.model import Outcome
from usage_service.ledger.services import TraceInteraction
from usage_service.record import UsageRecord
from usage_service.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    """What a system builds on inside a worker process. Nothing is open yet."""

    settings: Settings
    database: Database
    record_many: Callable[[Sequence[UsageRecord]], list[Outcome]]  # waits for the commit
    admitted: Callable[[UsageRecord], UsageRecord]  # the record as it may be stored; raises `CallerError`
    authentication: Authentication | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What a system adds to the service: `hot` paths are found without the router."""

    hot: Mapping[str, AsgiApp] = field(default_factory=dict)
    mounts: Mapping[str, AsgiApp] = field(default_factory=dict)
    routes: Sequence[BaseRoute] = ()
    opened: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    """Open while the service runs; closed before the commit queue is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """One optional system. Functions are called with settings that may leave the system out."""

    settings: type[Any]
    """The dataclass of the system's group of settings; `Settings.group` gives what was loaded."""
    catalog: tuple[Path, ...]
    """Files of the event catalog: one for each service whose records it writes."""
    serve: Callable[[Core], Served | None] | None = None
    """Builds what it serves; None where the settings leave it out."""
    background: Callable[[Settings], Callable[[], None] | None] | None = None
    """The work of a process beside the workers, which pickle can carry; None where the settings leave it out."""
    trace_interaction: Callable[[Settings, Database], TraceInteraction] | None = None
    """What answers the ledger's `traceInteraction`."""
