"""The error tree. The type says whose fault it is; the docstring is the message.

UsageServiceError
├── CallerError                 the request can never succeed unchanged
│   ├── InvalidValue            one field has a value we cannot take
│   ├── UnequalArrays           names and values do not pair up
│   ├── Unreadable              the bytes are not a request
│   ├── UnreadableFile          a file handed in cannot be taken, or is not safe to open
│   ├── KeyReused               the idempotency key belongs to a different record
│   ├── NotAuthenticated        the caller did not prove who it is
│   ├── NotAllowed              the caller may not write for this service
│   ├── NotFound                no such record, period, …
│   └── Conflict                the ledger's rules forbid it (closed period, …)
│       └── AlreadyAdjusted     the record was voided or corrected before
├── ServiceError                our fault; the same request may succeed later
│   ├── NotStored               the store refused or lost the record
│   ├── StoreUnavailable        the database cannot be reached
│   ├── OutcomeUnknown          the database was lost before it said whether it stored the record
│   ├── Busy                    the queue is full; try again later
│   ├── SpoolFull               too many records wait on a recording point's disk
│   └── SpoolUnavailable        that disk cannot be written
└── ConfigurationError          a setting is missing or wrong; nothing was started

Edges translate these types into their own protocol in one table each (for SOAP: `soap/faults.py`).
"""

from typing import Any

SHOWN_KEY = 100
"""How much of an idempotency key a message repeats."""


class UsageServiceError(Exception):
    """Base of everything this package raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors can travel between processes, whatever their constructors take."""
        return _revived, (type(self), self.args, self.__dict__)


def _revived(kind: type[UsageServiceError], arguments: tuple[Any, ...], state: dict[str, Any]) -> UsageServiceError:
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(state)
    return error


class CallerError(UsageServiceError):
    """The request can never succeed unchanged."""


class InvalidValue(CallerError):
    """invalid value for {field}: {problem}"""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"invalid value for {field}: {problem}")
        self.field = field
        self.problem = problem


class UnequalArrays(CallerError):
    """serviceAttributes has {names} entries but serviceValues has {values}"""

    def __init__(self, names: int, values: int) -> None:
        super().__init__(f"serviceAttributes has {names} entries but serviceValues has {values}")
        self.names = names
        self.values = values


class Unreadable(CallerError):
    """the request could not be read: {problem}"""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the request could not be read: {problem}")
        self.problem = problem


class UnreadableFile(CallerError):
    """the file cannot be taken: {problem}"""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the file cannot be taken: {problem}")
        self.problem = problem


class KeyReused(CallerError):
    """key {key} of service {service} was already used for a different record"""

    def __init__(self, key: str, service: str | None = None) -> None:
        """`service` is None where a foreign component does not state it."""
        shown = key if len(key) <= SHOWN_KEY else f"{key[:SHOWN_KEY]}…"
        whose = "" if service is None else f" of service {service}"
        super().__init__(f"key {shown}{whose} was already used for a different record")
        self.key = shown
        self.service = service


class NotAuthenticated(CallerError):
    """the caller is not known, or its proof is wrong"""

    def __init__(self) -> None:
        super().__init__("the caller is not known, or its proof is wrong")


class NotAllowed(CallerError):
    """the caller is not allowed to write records for service {service}"""

    def __init__(self, service: str, right: str | None = None) -> None:
        """`right` names what the caller lacks beyond writing, as its entry in the callers file has it."""
        wanted = f"to {right.replace('_', ' ')}" if right else "to write records"
        super().__init__(f"the caller is not allowed {wanted} for service {service}")
        self.service = service


class NotFound(CallerError):
    """there is no {what} {identifier}"""

    def __init__(self, what: str, identifier: str) -> None:
        super().__init__(f"there is no {what} {identifier}")
        self.what = what
        self.identifier = identifier


class Conflict(CallerError):
    """The ledger's rules forbid this change; the message says which."""


class AlreadyAdjusted(Conflict):
    """record {record_id} was voided or corrected before"""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"record {record_id} was voided or corrected before")


class ServiceError(UsageServiceError):
    """Our fault; the same request may succeed later."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class NotStored(ServiceError):
    """The store refused or lost the record; nothing of it was kept."""


class StoreUnavailable(ServiceError):
    """The database cannot be reached, is full or is not ours."""

    def __init__(self, problem: str, cause: str = "") -> None:
        """`cause` is for the operator alone: it can name hosts, roles and paths."""
        super().__init__(problem)
        self.cause = cause

    @property
    def in_full(self) -> str:
        """The problem and its cause, for logs and terminals of the operator."""
        return f"{self.problem}: {self.cause}" if self.cause else self.problem


class OutcomeUnknown(ServiceError):
    """The database was lost after it was given the record and before it answered; the record may be stored."""

    def __init__(self) -> None:
        super().__init__("send the same request again with its idempotency key")


class Busy(ServiceError):
    """The queue is full; the caller should try again later."""


class SpoolFull(ServiceError):
    """The spool of a recording point is full; the record was not kept."""


class SpoolUnavailable(ServiceError):
    """The spool of a recording point cannot be written; the record was not kept."""


class ConfigurationError(UsageServiceError):
    """A setting is missing or wrong; nothing was started."""
