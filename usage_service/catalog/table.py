"""A strict reader of one TOML table: every mistake names the file and the key, and no key goes unread.

`ConfigurationError` is the only error; it reads `payment.toml: property.REQUESTOR.role: must be one of …`.
"""

import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar

from usage_service.errors import ConfigurationError

Choice = TypeVar("Choice", bound=StrEnum)
Kind = TypeVar("Kind")


class Table:
    """One table of a TOML file and where it stands. Read its keys, then call `finish`."""

    def __init__(self, file: str, place: str, content: dict[str, Any]) -> None:
        self._file = file
        self._place = place
        self._content = content
        self._unread = dict.fromkeys(content)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The whole of a file; `ConfigurationError` when it cannot be read or is not TOML."""
        try:
            return cls(path.name, "", tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(f"{path.name}: {error}") from error

    def wrong(self, key: str, problem: str) -> ConfigurationError:
        """The error to raise about a key of this table."""
        place = f"{self._place}.{key}".strip(".")
        return ConfigurationError(f"{self._file}: {place}: {problem}")

    def text(self, key: str) -> str:
        """A required text that is not empty."""
        if key not in self._content:
            raise self.wrong(key, "is missing")
        return self._non_empty(key, self._take(key, str, ""))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent means none."""
        return tuple(self._non_empty(key, item) for item in self._take(key, list, []))

    def flag(self, key: str, default: bool) -> bool:
        """A true or false."""
        return self._take(key, bool, default)

    def choice(self, key: str, default: Choice) -> Choice:
        """One value of an enumeration; absent means the default."""
        written = self._take(key, str, default.value)
        allowed = {item.value: item for item in type(default)}
        if written not in allowed:
            raise self.wrong(key, f"must be one of {', '.join(allowed)}, not {written!r}")
        return allowed[written]

    def mapping(self, key: str) -> dict[str, str]:
        """A table of name = "text"; absent means empty."""
        table = self.table(key)
        return {name: table.text(name) for name in table}

    def table(self, key: str) -> "Table":
        """A table inside this one; absent means empty."""
        return Table(self._file, f"{self._place}.{key}".strip("."), self._take(key, dict, {}))

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def finish(self) -> None:
        """Refuse the first unknown key: most often a spelling mistake."""
        for key in self._unread:
            raise self.wrong(key, "is not a key of this table")

    def _take(self, key: str, kind: type[Kind], default: Kind) -> Kind:
        self._unread.pop(key, None)
        value = self._content.get(key, default)
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be a {_TOML_NAMES[kind]}, not {value!r}")
        return value

    def _non_empty(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"must be a text that is not empty, not {value!r}")
        return value


_TOML_NAMES: dict[type, str] = {str: "text", bool: "true or false", list: "list", dict: "table"}
