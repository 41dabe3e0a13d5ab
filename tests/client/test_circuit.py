"""The circuit breaker, with a clock that the test moves."""

import pytest

from usage_service.backoff import Backoff
from usage_service.client.circuit import Circuit
from usage_service.errors import StoreUnavailable


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Circuit:
    circuit = Circuit(threshold=2, backoff=Backoff(first=1.0, chance=lambda: 1.0), clock=clock)
    assert [circuit.failed(), circuit.failed()] == [False, True]
    return circuit


def test_few_failures_keep_circuit_closed() -> None:
    circuit = Circuit(threshold=2)
    circuit.failed()
    circuit.enter()
    assert circuit.wait_seconds() == 0


def test_open_it_turns_callers_away() -> None:
    circuit = opened(Clock())
    with pytest.raises(StoreUnavailable):
        circuit.enter()


def test_one_caller_probes_after_pause() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.now += circuit.wait_seconds()
    circuit.enter()
    with pytest.raises(StoreUnavailable):
        circuit.enter()


def test_a_success_closes_it() -> None:
    circuit = opened(Clock())
    circuit.succeeded()
    circuit.enter()
    assert circuit.wait_seconds() == 0


def test_pauses_double_with_limit_and_jitter() -> None:
    longest = Backoff(first=1.0, longest=5.0, chance=lambda: 1.0)
    shortest = Backoff(first=1.0, longest=5.0, chance=lambda: 0.0)
    assert [longest.pause(failures) for failures in (1, 2, 3, 4, 1000)] == [1, 2, 4, 5, 5]
    assert [shortest.pause(failures) for failures in (1, 2, 3)] == [0.5, 1, 2]
