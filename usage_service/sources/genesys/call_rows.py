"""A call as flat rows, for a relational store, and back without loss."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from usage_service.sources.genesys.call import Call, CallKey, Stamp, Stated, Statement
from usage_service.sources.genesys.event import Link, Rank


class CallRow(NamedTuple):
    """One per call. Every moment is a rank (session and number) with the server's time."""

    server: str
    call_uuid: str
    first: Stamp
    created: Stamp | None
    ended: Stamp | None
    merged_into: str | None
    merged: Stamp | None


class AttributeRow(NamedTuple):
    """The last stated value of one attribute."""

    name: str
    value: str
    stated: Stamp


class StatementRow(NamedTuple):
    """An event that listed the links of the call."""

    session: str
    number: int
    time: datetime
    complete: bool


class StatementLinkRow(NamedTuple):
    """One link in such a list."""

    session: str
    number: int
    link_id: str
    role: str
    remote_location: str


@dataclass(frozen=True, slots=True)
class CallRows:
    """All rows of one call; those below the first carry its key in a store."""

    call: CallRow
    conn_ids: tuple[str, ...]
    attributes: tuple[AttributeRow, ...]
    statements: tuple[StatementRow, ...]
    statement_links: tuple[StatementLinkRow, ...]


def rows_of(call: Call) -> CallRows:
    """The rows of a call, sorted."""
    merged = call.merged_into
    statements = sorted(call.statements.items())
    return CallRows(
        call=CallRow(
            server=call.key.server,
            call_uuid=call.key.call_uuid,
            first=call.first,
            created=call.created,
            ended=call.ended,
            merged_into=merged.value if merged else None,
            merged=merged.stamp if merged else None,
        ),
        conn_ids=tuple(sorted(call.conn_ids)),
        attributes=tuple(
            AttributeRow(name, stated.value, stated.stamp) for name, stated in sorted(call.attributes.items())
        ),
        statements=tuple(StatementRow(*rank, said.time, said.complete) for rank, said in statements),
        statement_links=tuple(
            StatementLinkRow(*rank, *link) for rank, said in statements for link in sorted(said.links)
        ),
    )


def call_from(rows: CallRows) -> Call:
    """The call that `rows_of` made the rows of."""
    row = rows.call
    merged = Stated(row.merged, row.merged_into) if row.merged and row.merged_into else None
    return Call(
        key=CallKey(row.server, row.call_uuid),
        first=row.first,
        created=row.created,
        ended=row.ended,
        merged_into=merged,
        conn_ids=frozenset(rows.conn_ids),
        attributes={name: Stated(stamp, value) for name, value, stamp in rows.attributes},
        statements=_statements(rows.statements, rows.statement_links),
    )


def _statements(statements: Iterable[StatementRow], links: Iterable[StatementLinkRow]) -> Mapping[Rank, Statement]:
    listed: dict[Rank, set[Link]] = {Rank(said.session, said.number): set() for said in statements}
    for row in links:
        listed[Rank(row.session, row.number)].add(Link(row.link_id, row.role, row.remote_location))
    return {
        Rank(said.session, said.number): Statement(
            said.time, frozenset(listed[Rank(said.session, said.number)]), said.complete
        )
        for said in statements
    }
