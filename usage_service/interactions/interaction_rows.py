"""An interaction as rows for those who query the database."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from usage_service.sources.genesys.interaction import Interaction
from usage_service.sources.genesys.link import LinkState, Policy
from usage_service.store.genesys_interactions import (
    InteractionCallRow,
    InteractionRow,
    InteractionRows,
    LinkHistoryRow,
    LinkSideRow,
)


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
