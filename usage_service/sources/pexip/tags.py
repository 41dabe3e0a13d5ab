"""Service tags: opaque text by default, or text with fields inside when an operator writes them so.

The vendor advises a random UUID per room; some operators put a query string (`t=acme&dept=7`) into the tag
instead.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from usage_service.errors import ConfigurationError

TagParser = Callable[[str], dict[str, str]]
"""The fields written inside a tag; empty for a tag without any."""


def opaque(tag: str) -> dict[str, str]:
    """A tag that means nothing but itself."""
    return {}


def query_string(tag: str) -> dict[str, str]:
    """The fields of a tag such as `t=acme&dept=7`; a repeated name keeps its last value."""
    return dict(parse_qsl(tag, keep_blank_values=True))


def pattern(expression: str) -> TagParser:
    """A parser taking the named groups of a regular expression that must match the whole tag."""
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise ConfigurationError(f"tag pattern {expression!r}: {error}") from error

    def parse(tag: str) -> dict[str, str]:
        found = compiled.fullmatch(tag)
        groups = found.groupdict() if found else {}
        return {name: value for name, value in groups.items() if value is not None}

    return parse


def tag_parser(kind: str, expression: str = "") -> TagParser:
    """The parser a source is configured with: `opaque`, `query_string` or `regex`."""
    if kind == "regex":
        return pattern(expression)
    known = {"opaque": opaque, "query_string": query_string}
    if kind not in known:
        raise ConfigurationError(f"tag parser {kind!r}: expected opaque, query_string or regex")
    return known[kind]
