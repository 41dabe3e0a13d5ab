"""Who may write usage records, and for which services. Standard library only.

The callers file is TOML, one table for each caller:

    [callers.gateway]
    password = "scrypt$16384$8$1$…$…"      # made by `usage-service caller gateway`
    services = ["PX21_*"]                  # patterns of service ids
    may = ["adjust", "close_periods"]      # beyond writing and reading; without it: ["adjust"]

`secret` instead of `password` holds the plain secret, which WS-Security's PasswordDigest cannot do without; `subject`
is the subject of a client certificate that a reverse proxy has verified.
"""

import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from pathlib import Path
from typing import Any

from usage_service.auth.passwords import PasswordHash, is_secret
from usage_service.errors import ConfigurationError, NotAllowed


class Right(StrEnum):
    """What a caller may do for its services, beyond writing and reading."""

    ADJUST = "adjust"  # void and correct
    CLOSE_PERIODS = "close_periods"  # and reopen


DEFAULT_RIGHTS = frozenset((Right.ADJUST,))
"""Of a caller whose entry has no `may`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who may write records: a name, its credentials, and the services it may write for."""

    name: str
    services: re.Pattern[str]
    password: PasswordHash | None = None
    secret: str | None = None
    subject: str | None = None  # of its client certificate, as the proxy writes it
    may: frozenset[Right] = DEFAULT_RIGHTS

    def require(self, service: str, *rights: Right) -> None:
        """Raise `NotAllowed` unless this caller may write records for the service, and has these rights."""
        if self.services.match(service) is None:
            raise NotAllowed(service)
        for right in rights:
            if right not in self.may:
                raise NotAllowed(service, right)


class Callers:
    """All who may write records."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._by_name = {caller.name: caller for caller in callers}
        self._by_subject = {caller.subject: caller for caller in self._by_name.values() if caller.subject}
        self._unknown = PasswordHash.of(secrets.token_hex())

    def named(self, name: str) -> Caller | None:
        """The caller of this name."""
        return self._by_name.get(name)

    def with_subject(self, subject: str) -> Caller | None:
        """The caller whose client certificate has this subject."""
        return self._by_subject.get(subject)

    def check(self, name: str, password: str) -> Caller | None:
        """The caller, if the password is right. Takes as long for an unknown name."""
        caller = self._by_name.get(name)
        if caller is not None and caller.secret is not None:
            return caller if is_secret(password, caller.secret) else None
        known = caller.password if caller else None
        return caller if (known or self._unknown).matches(password) and known else None


def load_callers(file: Path) -> Callers:
    """Read a callers file; raises `ConfigurationError` naming what is wrong in it."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read the callers file {file}: {error}") from error
    tables = found.pop("callers", None)
    if found or not isinstance(tables, dict) or not tables:
        raise ConfigurationError(f"the callers file {file} must hold [callers.NAME] tables and nothing else")
    return Callers([_caller(name, table, file) for name, table in tables.items()])


def _caller(name: str, table: Any, file: Path) -> Caller:
    try:
        return _read_caller(name, table)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ConfigurationError(f"the callers file {file}, caller {name}: {error}") from error


def _read_caller(name: str, table: Mapping[str, Any]) -> Caller:
    unknown = set(table) - {"password", "secret", "subject", "services", "may"}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    services = table.get("services")
    if not isinstance(services, list) or not services:
        raise ValueError('services must be a list of patterns; ["*"] allows all')
    proofs = {key: str(table[key]) for key in ("password", "secret", "subject") if table.get(key)}
    if not proofs or {"password", "secret"} <= set(proofs):
        raise ValueError("needs a password or a secret, or the subject of its certificate")
    may = table.get("may", sorted(DEFAULT_RIGHTS))
    if not isinstance(may, list) or not set(may) <= set(Right):
        raise ValueError(f"may must be a list of {', '.join(Right)}")
    password = proofs.pop("password", None)
    return Caller(
        name=name,
        services=re.compile("|".join(translate(pattern) for pattern in services)),
        password=PasswordHash.from_text(password) if password else None,
        may=frozenset(map(Right, may)),
        **proofs,
    )
