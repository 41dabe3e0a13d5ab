"""Health: is the process alive, and can it store a record right now?"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from usage_service.errors import StoreUnavailable, UsageServiceError
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.store_state import StoreState

ANSWER_SECONDS = 0.9
"""When a probe write has not ended by then, the answer is that it has not."""

LONGEST_WAIT_SECONDS = 5.0
"""A request that has waited so long for its commit shows that writing does not go on."""

FRESH_SECONDS = 1.0
"""So long a commit of the worker's own, or an earlier probe, counts as a probe."""


class Readiness:
    """Follows from what writes experience, on one event loop. Probes run one at a time, however many ask."""

    def __init__(self, state: StoreState, queue: CommitQueue, probe: Callable[[], None]) -> None:
        """`probe` writes something that is not kept; raises `UsageServiceError` when it cannot."""
        self._state = state
        self._queue = queue
        self._probe = probe
        self._thread = ThreadPoolExecutor(1, "store-probe")
        self._running: asyncio.Future[None] | None = None
        self._succeeded: float | None = None

    async def problem(self) -> str | None:
        """Why no record can be stored now; None when one can. Known within a second."""
        if (waited := self._queue.oldest_wait) > LONGEST_WAIT_SECONDS:
            return f"the oldest request has waited for its commit for {waited:.0f} s"
        if self._state.failure is None and self._is_fresh():
            return None
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().run_in_executor(self._thread, self._probe)
        done, _ = await asyncio.wait([self._running], timeout=ANSWER_SECONDS)
        if not done:
            last = self._state.failure
            reason = f"a probe write has not ended within {ANSWER_SECONDS} s"
            return f"{reason}; last failure: {last.in_full}" if last else reason
        error = self._running.exception()
        if error is None:
            self._succeeded = monotonic()
            return None
        if isinstance(error, StoreUnavailable):
            return error.in_full
        if isinstance(error, UsageServiceError):
            return str(error)
        raise error

    def numbers(self) -> dict[str, float | None]:
        """What an operator wants to see beside it."""
        last = self._state.last_commit
        return {
            "seconds_since_last_commit": None if last is None else round(monotonic() - last, 1),
            "oldest_request_waits_seconds": round(self._queue.oldest_wait, 1),
        }

    def _is_fresh(self) -> bool:
        stored = [moment for moment in (self._state.last_commit, self._succeeded) if moment is not None]
        return bool(stored) and monotonic() - max(stored) < FRESH_SECONDS


def health_routes(readiness: Readiness) -> list[Route]:
    """`/health/live` for restarts, `/health/ready` for load balancers."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_request: Request) -> Response:
        problem = await readiness.problem()
        if problem is not None:
            return JSONResponse({"status": "not ready", "reason": problem, **readiness.numbers()}, status_code=503)
        return JSONResponse({"status": "ready", **readiness.numbers()})

    return [Route("/health/live", live), Route("/health/ready", ready)]
