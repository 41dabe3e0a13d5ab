"""A circuit breaker: after failures in a row no caller waits for a server that is away.

closed ──failures in a row──▶ open ──pause over──▶ half open (one caller tries) ──success──▶ closed
                               ▲                        │
                               └───────── failure ──────┘
"""

import threading
import time
from collections.abc import Callable

from usage_service.backoff import Backoff
from usage_service.errors import StoreUnavailable


class Circuit:
    """Shared by the threads of one process. Open after `threshold` failures; every further failure pauses longer."""

    def __init__(
        self, *, threshold: int = 3, backoff: Backoff | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0  # no attempt before

    def wait_seconds(self) -> float:
        """How long until a try is allowed; 0 when it is now."""
        return max(0.0, self._open_until - self._clock()) if self._failures >= self._threshold else 0.0

    def enter(self) -> None:
        """Ask to try; raises `StoreUnavailable` while the circuit is open. When half open one caller gets through."""
        with self._lock:
            if self._failures < self._threshold:
                return
            if self._clock() < self._open_until:
                raise StoreUnavailable("the usage service did not answer lately; trying again shortly")
            self._open_until = self._clock() + self._backoff.pause(self._failures)

    def succeeded(self) -> None:
        """The server answered: close the circuit."""
        with self._lock:
            self._failures = 0

    def failed(self) -> bool:
        """The server did not answer; whether this failure opened the circuit."""
        with self._lock:
            self._failures += 1
            self._open_until = self._clock() + self._backoff.pause(self._failures)
            return self._failures == self._threshold
