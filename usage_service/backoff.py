"""How long to wait before trying again: doubling, with jitter, so that many who failed together do not return together.

The "full jitter" of M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. Standard library only.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """Pauses in seconds: `first` before the second attempt, doubled before each further one, at most `longest`."""

    first: float = 0.2
    longest: float = 30.0
    chance: Callable[[], float] = random.random  # uniform in [0, 1)

    def pause(self, failures: int) -> float:
        """The pause after so many failures in a row (1 or more): between half and all of the doubled one."""
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        return full * (0.5 + 0.5 * self.chance())
