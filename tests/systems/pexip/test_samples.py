"""Samples of the vendor's documentation and many variants give the legs they must."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.pexip.golden import golden_path, messages, outcome, samples
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event

from .building import usages_of

SAMPLES = samples()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_gives_its_golden_outcome(sample: Path) -> None:
    assert outcome(sample) == json.loads(golden_path(sample).read_text())


def test_every_golden_file_has_its_sample() -> None:
    kept = set(SAMPLES[0].parent.glob("*.golden.json"))
    assert kept == {golden_path(sample) for sample in SAMPLES}


def test_documented_samples_and_forty_variants_exist() -> None:
    assert sum(path.stem.startswith("sample-") for path in SAMPLES) >= 5
    assert len(SAMPLES) >= 45


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_any_sample_order_gives_same_usages(sample: Path, dice: Random) -> None:
    events = [message for message in messages(sample) if isinstance(message, Event)]
    shuffled = [*events, *events]
    dice.shuffle(shuffled)
    assert usages(shuffled) == usages(events)


def usages(events: list[Event]) -> list[object]:
    calls = Calls()
    for event in events:
        calls.apply(event)
    return usages_of(calls)
