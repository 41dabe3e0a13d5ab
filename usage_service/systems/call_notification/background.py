"""What a process of the service does beside answering: it opens delivery threads and tidies calls."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from usage_service.errors import UsageServiceError
from usage_service.systems.call_notification.delivering import DeliveryThreads

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
TIDY_SECONDS = 5.0
STOP_SECONDS = 10.0


class Background:
    """One thread, and the delivery threads it starts. A wake-up makes it look at once."""

    def __init__(self, deliveries: DeliveryThreads, tidy: Callable[[datetime], object]) -> None:
        self._deliveries = deliveries
        self._tidy = tidy
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="call-notification", daemon=True)

    def start(self) -> None:
        """Begin; also takes up what a former process left."""
        self._thread.start()

    def wake(self) -> None:
        """Something is due now."""
        self._wake.set()

    def stop(self) -> None:
        """End, letting notices that are on their way arrive."""
        self._stopping = True
        self._wake.set()
        self._thread.join()
        self._deliveries.stop(STOP_SECONDS)

    def _run(self) -> None:
        tidy_at = 0.0
        while not self._stopping:
            try:
                self._deliveries.open_due()
                if time.monotonic() >= tidy_at:
                    self._tidy(datetime.now(UTC))
                    tidy_at = time.monotonic() + TIDY_SECONDS
            except UsageServiceError as error:
                _log.error("call notification pauses: %s", error)
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
