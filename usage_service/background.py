"""A process beside the HTTP server's workers, for work that must not take the interpreter from requests."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing import get_context, parent_process
from multiprocessing.context import SpawnProcess
from multiprocessing.process import BaseProcess

NICENESS = 5
"""Answering goes before working off what was answered."""
LOOK_SECONDS = 1.0
"""How often a background process looks whether its parent is still there."""


class BackgroundProcess:
    """Keeps a process running that works until SIGTERM; `work` can be pickled."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._process = self._made()

    def start(self) -> None:
        """Begin."""
        self._process.start()

    def keep_alive(self) -> None:
        """Start it again when it died."""
        if not self._process.is_alive():
            self._process.join()
            self._process = self._made()
            self._process.start()

    def stop(self) -> None:
        """Let it finish what it has in hand, and wait for its end."""
        self._process.terminate()
        self._process.join()

    def _made(self) -> SpawnProcess:
        return get_context("spawn").Process(target=self._work)


def end_with_parent() -> None:
    """Stop this process by SIGTERM when its parent is gone, also where that was killed."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_terminate_after, args=(parent,), name="parent", daemon=True).start()


def _terminate_after(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def work_until_stopped(working: AbstractContextManager[object]) -> None:
    """The body of a background process: `working` stays open until SIGTERM, or until its parent is gone."""
    stops = {signal.SIGTERM, signal.SIGINT}  # a terminal sends SIGINT to all; the parent decides what it means
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    os.nice(NICENESS)
    parent = parent_process()
    with working:
        while parent is not None and parent.is_alive():
            received = signal.sigtimedwait(stops, LOOK_SECONDS)
            if received is not None and received.si_signo == signal.SIGTERM:
                return
