"""Usage records of a final interaction: one for each call, one for the whole."""

import hashlib
from datetime import datetime, timedelta

from usage_service.record import Property, UsageRecord, milliseconds_from_time, time_from_milliseconds
from usage_service.systems.genesys.call import Call
from usage_service.systems.genesys.interaction import Interaction

CALL_SERVICE, INTERACTION_SERVICE = "GENESYS_CALL", "GENESYS_INTERACTION"
CALL_ENDED, INTERACTION_COMPLETE = "CALL_ENDED", "INTERACTION_COMPLETE"
SECOND = timedelta(seconds=1)


def usage_records(interaction: Interaction) -> tuple[UsageRecord, ...]:
    """The record of the interaction and those of its calls, in the order of the path; none before it is
    final.

    The keys are the same however often and in whatever order the events came. When a late link or merge
    changes a record under the same key, or makes another interaction part of this one, the ledger is
    corrected.
    """
    if not interaction.final:
        return ()
    return interaction_record(interaction), *(call_record(interaction, call) for call in interaction.calls)


def call_record(interaction: Interaction, call: Call) -> UsageRecord:
    """The record of one ended call; its transaction id is the interaction's."""
    server = interaction.servers[call.key]
    return UsageRecord(
        global_transaction_id=interaction.interaction_id,
        service=CALL_SERVICE,
        event_type=CALL_ENDED,
        record_time=time_from_milliseconds(milliseconds_from_time(_end(call))),
        code=0,
        properties=(
            Property("CallUUID", call.key.call_uuid),
            Property("Server", server),
            *(Property("ConnID", conn_id) for conn_id in sorted(call.conn_ids)),
            *(Property("LinkID", link_id) for link_id in sorted(call.links)),
            *_stated(call),
            *([Property("MergedInto", call.merged_into.value)] if call.merged_into else []),
            Property("Start", call.started.isoformat()),
            Property("Seconds", seconds(call)),
        ),
        source=_source(server),
        remarks=("server inferred",) if call.key in interaction.inferred else (),
        once_key=_once("call", server, call.key.call_uuid),
    )


def interaction_record(interaction: Interaction) -> UsageRecord:
    """The record of the whole: what its first call says of the customer, and the sum of all calls.

    It is dated by the end of its first call: the ends of calls on different servers cannot be compared.
    """
    first = interaction.calls[0]
    servers = dict.fromkeys(interaction.servers[call.key] for call in interaction.calls)
    total = sum((_duration(call) for call in interaction.calls), timedelta(0))
    return UsageRecord(
        global_transaction_id=interaction.interaction_id,
        service=INTERACTION_SERVICE,
        event_type=INTERACTION_COMPLETE,
        record_time=time_from_milliseconds(milliseconds_from_time(_end(first))),
        code=0,
        properties=(
            *(Property("CallUUID", call.key.call_uuid) for call in interaction.calls),
            *(Property("Server", server) for server in servers),
            *(Property("LinkID", link.link_id) for link in interaction.links),
            *_stated(first),
            Property("Start", first.started.isoformat()),
            Property("Calls", str(len(interaction.calls))),
            Property("CallSeconds", _decimal(total)),
        ),
        source=_source(interaction.servers[first.key]),
        remarks=(*(f"link {k.link_id} {k.state.value}" for k in interaction.links), *interaction.problems),
        once_key=_once("interaction", interaction.interaction_id),
    )


def seconds(call: Call) -> str:
    """Length of an ended call by the clock of its server, in seconds with microseconds."""
    return _decimal(_duration(call))


def _duration(call: Call) -> timedelta:
    """Never negative, even where the server's clock was set back during the call."""
    return max(_end(call) - call.started, timedelta(0))


def _end(call: Call) -> datetime:
    return call.ended.time if call.ended else call.started


def _decimal(length: timedelta) -> str:
    whole, rest = divmod(length, SECOND)
    return f"{whole}.{rest.microseconds:06d}"


def _stated(call: Call) -> list[Property]:
    return [Property(name, stated.value) for name, stated in sorted(call.attributes.items())]


def _source(server: str) -> str:
    return f"genesys:{server}"


def _once(*parts: str) -> str:
    """A key of fixed length from identifiers of any length; parts cannot run into each other."""
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"genesys:{parts[0]}:{digest}"
