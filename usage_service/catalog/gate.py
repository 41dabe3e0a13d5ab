"""How strictly the catalog is applied, per service: not at all, with remarks, or with refusals."""

from collections.abc import Mapping
from enum import StrEnum

from usage_service.catalog.catalog import Catalog, Remark
from usage_service.errors import InvalidValue
from usage_service.record import UsageRecord


class Mode(StrEnum):
    """What happens to a record that holds names the catalog does not know."""

    OFF = "off"  # it is not looked at
    WARN = "warn"  # it is stored with remarks
    ENFORCE = "enforce"  # it is refused


_REFUSALS: dict[str, tuple[str, str]] = {
    "unknown_service": ("service", "{service} is not in the event catalog"),
    "unknown_event_type": ("eventType", "{event_type} is not an event type of {service}"),
    "unknown_code": ("code", "{code} is not a status code of {service}"),
    "unknown_property": ("serviceAttributes", "{detail} is not a property of {service} {event_type}"),
}
"""Kind of remark → the request's field at fault, and what is wrong with it."""


class Gate:
    """Checks each record as strictly as its service's mode asks."""

    def __init__(self, catalog: Catalog, modes: Mapping[str, Mode], default: Mode = Mode.WARN) -> None:
        self._catalog = catalog
        self._default = default
        self._modes = _with_aliases(catalog, modes)

    def mode(self, service: str) -> Mode:
        """The mode in force for a value of the field `service`."""
        return self._modes.get(service, self._default)

    def admit(self, record: UsageRecord) -> tuple[str, ...]:
        """The remarks about a record; with `enforce`, a remark is an `InvalidValue` naming the field."""
        mode = self.mode(record.service)
        if mode is Mode.OFF:
            return ()
        remarks = self._catalog.check(record)
        if remarks and mode is Mode.ENFORCE:
            raise _refusal(record, next(self._catalog.remarks(record)))
        return remarks


def _with_aliases(catalog: Catalog, modes: Mapping[str, Mode]) -> dict[str, Mode]:
    """A mode set for a service holds for its aliases too, unless they have one of their own."""
    inherited = {
        alias: mode for name, mode in modes.items() if name in catalog for alias in catalog.service(name).names
    }
    return {**inherited, **modes}


def _refusal(record: UsageRecord, remark: Remark) -> InvalidValue:
    field, problem = _REFUSALS[remark.kind]
    return InvalidValue(
        field,
        problem.format(service=record.service, event_type=record.event_type, code=record.code, detail=remark.detail),
    )
