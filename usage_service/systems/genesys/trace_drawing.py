"""An interaction as a drawing: for Graphviz, or as an SVG picture of its own.

The picture has one row per server and one column per call in the order of the path: left and right follow the
links, not the clocks.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape

from usage_service.systems.genesys.call import CallKey
from usage_service.systems.genesys.interaction import MERGE, Interaction, Step
from usage_service.systems.genesys.trace import Related, label

BOX_WIDTH, BOX_HEIGHT = 290, 34
COLUMN, ROW, MARGIN = 330, 90, 20
"""Pixels."""


def to_dot(interaction: Interaction, related: Sequence[Related] = ()) -> str:
    """The interaction in the DOT language, one cluster per server and one per other system."""
    lines = [f"digraph {_quote(interaction.interaction_id)} {{", "  rankdir=LR;", "  node [shape=box];"]
    for number, server in enumerate(_servers(interaction)):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quote(server)};"]
        lines += [
            f"    {_node(call.key)} [label={_quote(label(interaction, call))}];"
            for call in interaction.calls
            if interaction.servers[call.key] == server
        ]
        lines.append("  }")
    for number, service in enumerate(_systems(related), start=len(_servers(interaction))):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quote(service)};"]
        lines += [
            f"    {_quote(one.record_id)} [label={_quote(one.event_type)}];"
            for one in related
            if one.service == service
        ]
        lines.append("  }")
    lines += [f"  {_node(step.start)} -> {_node(step.end)} [{_style(step)}];" for step in interaction.steps]
    lines += [
        f"  {_node(one.call)} -> {_quote(one.record_id)} [style=dotted, dir=none, label={_quote(one.property)}];"
        for one in related
    ]
    return "\n".join([*lines, "}"]) + "\n"


def to_svg(interaction: Interaction, related: Sequence[Related] = ()) -> str:
    """The interaction as an SVG picture. What other systems recorded stands in rows below, under the call it is
    tied to.
    """
    servers = _servers(interaction)
    places = {
        call.key: (MARGIN + COLUMN * column, MARGIN + 20 + ROW * servers.index(interaction.servers[call.key]))
        for column, call in enumerate(interaction.calls)
    }
    rows = [*servers, *_systems(related)]
    width, height = 2 * MARGIN + COLUMN * len(places), 2 * MARGIN + 20 + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="monospace"'
        ' font-size="12">',
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7"'
        ' orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>',
    ]
    parts += [_row(server, number, width) for number, server in enumerate(rows)]
    parts += [_line(step, places[step.start], places[step.end]) for step in interaction.steps]
    parts += [_box(call.key.call_uuid, places[call.key]) for call in interaction.calls]
    for (call, service), events in _stacks(related).items():
        place = places[call][0], MARGIN + 20 + ROW * rows.index(service)
        parts.append(_box(", ".join(f"{count} x {event}" for event, count in Counter(events).items()), place))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _servers(interaction: Interaction) -> list[str]:
    return list(dict.fromkeys(interaction.servers[call.key] for call in interaction.calls))


def _row(server: str, number: int, width: int) -> str:
    top = MARGIN + ROW * number
    return f'<text x="{MARGIN}" y="{top + 8}" font-weight="bold">{escape(server)}</text>' + (
        f'<line x1="0" x2="{width}" y1="{top - 12}" y2="{top - 12}" stroke="lightgrey"/>'
    )


def _systems(related: Sequence[Related]) -> list[str]:
    return list(dict.fromkeys(one.service for one in related))


def _stacks(related: Sequence[Related]) -> dict[tuple[CallKey, str], list[str]]:
    """Event types of the records of one system that are tied to one call."""
    stacks: defaultdict[tuple[CallKey, str], list[str]] = defaultdict(list)
    for one in related:
        stacks[one.call, one.service].append(one.event_type)
    return dict(stacks)


def _box(text: str, place: tuple[int, int]) -> str:
    x, y = place
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" fill="white" stroke="black"/>'
        f'<text x="{x + 8}" y="{y + 21}">{escape(text)}</text>'
    )


def _line(step: Step, start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the right edge of the earlier box to the left edge of the later one; merges are dashed."""
    x1, y1 = start[0] + BOX_WIDTH, start[1] + BOX_HEIGHT // 2
    x2, y2 = end[0], end[1] + BOX_HEIGHT // 2
    dashes = ' stroke-dasharray="4"' if step.kind == MERGE else ""
    title = escape(step.link_id or "merged")
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="black"{dashes} marker-end="url(#arrow)">'
        f"<title>{title}</title></line>"
    )


def _style(step: Step) -> str:
    return "style=dashed, label=merged" if step.kind == MERGE else f"label={_quote(step.link_id)}"


def _node(key: CallKey) -> str:
    return _quote(f"{key.server}/{key.call_uuid}")


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
