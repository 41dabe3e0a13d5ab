"""A call as flat rows for the store, and back without loss.

An interaction as rows for those who query the database.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count

from usage_service.systems.genesys.call import Call, CallKey, Stamp, Stated, Statement
from usage_service.systems.genesys.event import Link, Rank
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import LinkState, Policy
from usage_service.systems.genesys.store import (
    AttributeRow,
    CallRow,
    CallRows,
    ConnIdRow,
    InteractionCallRow,
    InteractionRow,
    InteractionRows,
    LinkHistoryRow,
    LinkListRow,
    LinkSideRow,
    ListedLinkRow,
)


def rows_of(call: Call) -> CallRows:
    """The rows of a call, each table's sorted."""
    key = (call.key.call_uuid, call.key.server)
    statements = sorted(call.statements.items())
    return CallRows(
        call=_call_row(call),
        conn_ids=tuple(ConnIdRow(*key, conn_id) for conn_id in sorted(call.conn_ids)),
        attributes=tuple(
            AttributeRow(*key, name, stated.value, *stated.stamp.rank, stated.stamp.time)
            for name, stated in sorted(call.attributes.items())
        ),
        link_lists=tuple(LinkListRow(*key, *rank, said.time, said.complete) for rank, said in statements),
        listed_links=tuple(
            ListedLinkRow(*key, *rank, *link) for rank, said in statements for link in sorted(said.links)
        ),
    )


def call_from(rows: CallRows) -> Call:
    """The call that `rows_of` made the rows of."""
    row = rows.call
    merged = _stamp(row.merged_session, row.merged_number, row.merged_at)
    return Call(
        key=CallKey(row.server, row.call_uuid),
        first=Stamp(Rank(row.first_session, row.first_number), row.first_at),
        created=_stamp(row.created_session, row.created_number, row.created_at),
        ended=_stamp(row.ended_session, row.ended_number, row.ended_at),
        merged_into=Stated(merged, row.merged_into) if merged and row.merged_into else None,
        conn_ids=frozenset(conn.conn_id for conn in rows.conn_ids),
        attributes={
            said.name: Stated(Stamp(Rank(said.session, said.number), said.stated_at), said.value)
            for said in rows.attributes
        },
        statements=_statements(rows.link_lists, rows.listed_links),
    )


def _call_row(call: Call) -> CallRow:
    created, ended, merged = call.created, call.ended, call.merged_into
    row = CallRow(call.key.call_uuid, call.key.server, *call.first.rank, call.first.time)
    if created is not None:
        row = row._replace(
            created_session=created.rank.session, created_number=created.rank.number, created_at=created.time
        )
    if ended is not None:
        row = row._replace(ended_session=ended.rank.session, ended_number=ended.rank.number, ended_at=ended.time)
    if merged is not None:
        rank, time = merged.stamp
        row = row._replace(
            merged_into=merged.value, merged_session=rank.session, merged_number=rank.number, merged_at=time
        )
    return row


def _stamp(session: str | None, number: int | None, time: datetime | None) -> Stamp | None:
    if session is None or number is None or time is None:
        return None
    return Stamp(Rank(session, number), time)


def _statements(lists: Iterable[LinkListRow], links: Iterable[ListedLinkRow]) -> Mapping[Rank, Statement]:
    listed: dict[Rank, set[Link]] = {Rank(said.session, said.number): set() for said in lists}
    for row in links:
        listed[Rank(row.session, row.number)].add(Link(row.link_id, row.role, row.remote_location))
    return {
        rank: Statement(said.listed_at, frozenset(listed[rank]), said.complete)
        for said in lists
        for rank in [Rank(said.session, said.number)]
    }


def interaction_rows(interaction: Interaction, policy: Policy, as_of: datetime) -> InteractionRows:
    """All rows of an interaction as it was found with time-outs applied up to `as_of`."""
    return InteractionRows(
        interaction=InteractionRow(
            interaction_id=interaction.interaction_id,
            started_at=interaction.calls[0].started,
            final=interaction.final,
            calls=len(interaction.calls),
            problems=len(interaction.problems),
            as_of=as_of,
            due_at=due_at(interaction, policy),
        ),
        calls=tuple(_calls(interaction)),
        link_sides=tuple(_link_sides(interaction)),
        link_history=tuple(_link_history(interaction)),
    )


def due_at(interaction: Interaction, policy: Policy) -> datetime | None:
    """When the next link that waits will have waited long enough; None when none waits."""
    waiting = [link for link in interaction.links if link.state is LinkState.WAITING]
    return min((min(side.first.time for side in link.sides) + policy.wait for link in waiting), default=None)


def _calls(interaction: Interaction) -> Iterator[InteractionCallRow]:
    for position, call in enumerate(interaction.calls):
        yield InteractionCallRow(
            call_uuid=call.key.call_uuid,
            server=call.key.server,
            interaction_id=interaction.interaction_id,
            position=position,
            server_name=interaction.servers[call.key],
            inferred=call.key in interaction.inferred,
        )


def _link_sides(interaction: Interaction) -> Iterator[LinkSideRow]:
    for link in interaction.links:
        for side in link.sides:
            yield LinkSideRow(
                link_id=link.link_id,
                call_uuid=side.reported.call_uuid,
                server=side.reported.server,
                current_call_uuid=side.current.call_uuid,
                role=side.role,
                remote_location=side.remote_location,
                first_number=side.first.rank.number,
                first_at=side.first.time,
                removed=side.removed,
                state=link.state.value,
            )


def _link_history(interaction: Interaction) -> Iterator[LinkHistoryRow]:
    positions: defaultdict[str, count[int]] = defaultdict(count)
    for change in interaction.history():
        yield LinkHistoryRow(
            link_id=change.link_id,
            position=next(positions[change.link_id]),
            change=change.change,
            call_uuid=change.call.call_uuid,
            server=change.call.server,
            number=change.stamp.rank.number,
            changed_at=change.stamp.time,
        )
