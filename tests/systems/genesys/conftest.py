"""Shared fixtures: the published example as an interaction, with its calls ended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from usage_service.systems.genesys.event import EventKind, Rank
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import Policy

from .generator import AFTERWARDS
from .support import PAGE, events_of, interactions_of


@pytest.fixture
def published() -> Interaction:
    """The interaction of the published example, ended."""
    return ended_interaction()


def ended_interaction() -> Interaction:
    """The interaction of the published example, each call ended one minute after its last event."""
    events = events_of(PAGE)
    ends = [
        replace(
            event,
            kind=EventKind.DELETED,
            rank=Rank("", event.rank.number + 1000),
            time=event.time + timedelta(minutes=1),
            links=None,
        )
        for event in events
    ]
    [whole] = interactions_of(events + ends, Policy(), AFTERWARDS)
    return whole
