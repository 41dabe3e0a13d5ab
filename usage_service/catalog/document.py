"""The catalog as a page of documentation: docs/catalog.md, which `make schema` writes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from usage_service.catalog.catalog import Catalog
from usage_service.catalog.views import (
    CodeView,
    EventTypeView,
    Explanation,
    PropertyView,
    ServiceSummary,
    explain,
    summaries,
)

_INTRODUCTION = Path(__file__).with_name("introduction.md")
_MARKS = {"documented": "", "derived": "¹", "chosen": "²"}


def render(catalog: Catalog) -> str:
    """The whole page, as Markdown."""
    overview = summaries(catalog)
    parts = [
        _INTRODUCTION.read_text(encoding="utf-8").rstrip(),
        "## Services",
        _table(("Service", "Title", "Codes", "Event types", "Properties"), map(_overview_row, overview)),
        *(part for line in overview for part in _section(explain(catalog, line["service"]))),
    ]
    return "\n\n".join(parts) + "\n"


def _overview_row(line: ServiceSummary) -> tuple[str, ...]:
    if not line["published"]:
        return (_code(line["service"]), line["title"], "not published", "–", "–")
    counts = (str(line["event_types"]), str(line["properties"]))
    return (_code(line["service"]), line["title"], line["code_list"], *counts)


def _section(service: Explanation) -> Iterator[str]:
    """The parts of one service's section: heading, facts, tables."""
    yield f"## {service['title']}"
    yield "\n".join(f"- {fact}" for fact in _facts(service))
    yield _table(("Code", "Meaning"), map(_code_row, service["codes"]))
    if service["event_types"]:
        yield _table(("Event type", "When", "Properties"), map(_event_row, service["event_types"]))
    if service["properties"]:
        yield _table(("Property", "Meaning", "Role", "Event types"), map(_property_row, service["properties"]))


def _facts(service: Explanation) -> Iterator[str]:
    yield f"Service id: {_marked(service['service'], service['basis'])}"
    if service["aliases"]:
        yield f"Also known as: {_codes(service['aliases'])}"
    yield f"Status codes: {service['code_list']} list, {service['codes_listed']}"
    yield f"Event types: {service['event_type_list']} list. Properties: {service['property_list']} list"
    if service["fail_policy"] != "continue":
        yield f"When a record cannot be written: {_code(service['fail_policy'])}"
    if service["request_fields"]:
        fields = ", ".join(f"{_code(name)} = {field}" for name, field in service["request_fields"].items())
        yield f"Request fields that the source lists among the properties: {fields}"
    yield from service["notes"]
    yield f"Source: {'; '.join(service['sources'])}"


def _code_row(code: CodeView) -> tuple[str, ...]:
    return (str(code["code"]), code["meaning"])


def _event_row(event: EventTypeView) -> tuple[str, ...]:
    hints = [event["description"]]
    if event["one_record_per_target"]:
        hints.append("one record per target")
    if event["fail_policy"] != "continue":
        hints.append(f"when the record cannot be written: {_code(event['fail_policy'])}")
    return (_marked(event["event_type"], event["basis"]), "; ".join(hints), event["property_list"])


def _property_row(item: PropertyView) -> tuple[str, ...]:
    events = _codes(item["event_types"]) if item["event_types"] else "all"
    return (_marked(item["name"], item["basis"]), _meaning(item), item["role"] or "", events)


def _meaning(item: PropertyView) -> str:
    values = [f"{_marked(known['value'], known['basis'])} {known['meaning']}" for known in item["values"]]
    if not values:
        return item["description"]
    more = "; …" if item["value_list"] == "open" else ""
    return f"{item['description']}: {'; '.join(values)}{more}"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _marked(name: str, basis: str) -> str:
    return f"{_code(name)}{_MARKS[basis]}"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _code(name: str) -> str:
    return f"`{name}`"
