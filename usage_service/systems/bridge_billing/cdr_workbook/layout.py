"""How an operator lays out its workbook: read from a TOML file, checked completely, refused when in doubt."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usage_service.errors import ConfigurationError
from usage_service.spreadsheet.delimited import Dialect

NEEDED = ("client_id", "amount", "start")
OPTIONAL = (
    "end",
    "duration",
    "conference_id",
    "quantity",
    "participant",
    "calling_number",
    "called_number",
    "access_type",
    "billing_code",
    "currency",
    "tax",
    "rate",
)
DURATION_UNITS = ("minutes", "seconds", "clock")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the headings mean and how values are written. `layouts/pgi.toml` explains each field."""

    name: str
    version: int
    service: str
    time_zone: str
    decimal_separator: str
    date_formats: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]  # logical field → heading aliases
    default_currency: str = ""
    sheet: str = ""
    heading_within_rows: int = 30
    group_separators: str = ""
    amount_decimals: int = 4
    id_pad_width: int = 0
    duration_unit: str = "minutes"
    subtotal_pattern: str = ""
    total_pattern: str = ""
    secret: tuple[str, ...] = ()
    csv: Dialect = field(default_factory=Dialect)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ConfigurationError(f"layout {self.name}: {problem}")

    @property
    def label(self) -> str:
        """Name and version, for people."""
        return f"{self.name}/{self.version}"

    @cached_property
    def identity(self) -> str:
        """Name, version and hash, as kept with every line: an edit without a new version shows."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return f"{self.label}+{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of times without an offset."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def subtotal(self) -> re.Pattern[str]:
        """What the text of a subtotal row looks like, case aside."""
        return _pattern(self.subtotal_pattern)

    @cached_property
    def total(self) -> re.Pattern[str]:
        """What the text of the final total looks like, case aside."""
        return _pattern(self.total_pattern)

    @cached_property
    def field_of(self) -> Mapping[str, str]:
        """Normal form of a heading → logical field."""
        return {normal(alias): name for name, aliases in self.columns.items() for alias in aliases}

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Normal forms of the headings whose values are not kept."""
        return frozenset(map(normal, self.secret))


def normal(heading: str) -> str:
    """A heading without case and white space."""
    return "".join(heading.casefold().split())


def parse_layout(text: str) -> Layout:
    """The layout in a TOML text. `ConfigurationError` names the first thing that is wrong with it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"layout: {error}") from error
    _check_names("", table, Layout)
    columns = {name: tuple(aliases) for name, aliases in table.get("columns", {}).items()}
    _check_names("csv.", table.get("csv", {}), Dialect)
    lists = {name: tuple(value) for name, value in table.items() if isinstance(value, list)}
    try:
        return Layout(**{**table, **lists, "columns": columns, "csv": Dialect(**table.get("csv", {}))})
    except TypeError as error:
        raise ConfigurationError(f"layout: {error}") from error


def shipped_layout(name: str) -> Layout:
    """A layout that comes with the package, by name."""
    layouts = files("usage_service.systems.bridge_billing.cdr_workbook") / "layouts"
    try:
        return parse_layout((layouts / f"{name}.toml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no shipped layout {name}") from error


def _check_names(prefix: str, table: Mapping[str, object], kind: type[Layout] | type[Dialect]) -> None:
    expected = {each.name: each.type for each in fields(kind)}
    for name, value in table.items():
        if name not in expected:
            raise ConfigurationError(f"layout: unknown setting {prefix}{name}")
        if expected[name] in (str, int) and type(value) is not expected[name]:
            raise ConfigurationError(f"layout: {prefix}{name} has the wrong type")


def _problems(layout: Layout) -> list[str]:
    aliases = [normal(alias) for names in layout.columns.values() for alias in names]
    checks = {
        "name, service and time_zone must not be empty": layout.name and layout.service and layout.time_zone,
        f"the columns {', '.join(NEEDED)} are needed": all(layout.columns.get(name) for name in NEEDED),
        "columns names a field that does not exist": set(layout.columns) <= {*NEEDED, *OPTIONAL},
        "a heading is listed for two columns": len(aliases) == len(set(aliases)),
        "decimal_separator must be . or ,": layout.decimal_separator in (".", ","),
        "group_separators must not hold the decimal separator": layout.decimal_separator not in layout.group_separators,
        f"duration_unit must be one of {', '.join(DURATION_UNITS)}": layout.duration_unit in DURATION_UNITS,
        "default_currency must be an ISO 4217 code or empty": is_currency(layout.default_currency or "XXX"),
        f"there is no time zone {layout.time_zone}": _zone_exists(layout.time_zone),
        "subtotal_pattern and total_pattern must be regular expressions": _compiles(layout.subtotal_pattern)
        and _compiles(layout.total_pattern),
    }
    return [problem for problem, good in checks.items() if not good]


def is_currency(text: str) -> bool:
    """Whether it has the form of an ISO 4217 code."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text or r"(?!)", re.IGNORECASE)
