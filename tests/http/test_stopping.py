"""Stopping under load: whatever a client has sent is answered, and what was answered is stored."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.http.wire import LAST, WHOLE, connect, exchange, statuses
from tests.running import RunningService, running

CLIENTS = 12
END = b"</soapenv:Envelope>"


class Client(threading.Thread):
    """Writes records until it can no longer connect."""

    def __init__(self, service: RunningService, *, keep_alive: bool) -> None:
        super().__init__(daemon=True)
        self.outcomes: Counter[str] = Counter()
        self._service = service
        self._message = WHOLE if keep_alive else LAST

    def run(self) -> None:
        try:
            while True:
                with closing(connect(self._service)) as connection:
                    while self._wrote(connection):
                        pass
        except ConnectionRefusedError:
            return

    def _wrote(self, connection: socket.socket) -> bool:
        """Write one record; true if the connection can be used again."""
        answer = b""
        try:
            connection.sendall(self._message)
            while END not in answer and (block := connection.recv(65_536)):
                answer += block
        except ConnectionError:
            answer = b""
        self.outcomes["stored" if statuses(answer) == [200] else "lost"] += 1
        return b"connection: close" not in answer and END in answer


@pytest.mark.parametrize("workers", ["1", "3"])
def test_stop_under_load_loses_no_request(tmp_path: Path, workers: str) -> None:
    with running(RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path, {"workers": workers})) as service:
        clients = [Client(service, keep_alive=bool(number % 2)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(1)
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(30)
        assert service.process.wait(30) == 0
        outcomes = sum((client.outcomes for client in clients), Counter())
        assert outcomes["lost"] == 0
        assert len(service.records()) == outcomes["stored"] > 0


def test_partial_request_does_not_delay_stop(tmp_path: Path) -> None:
    slow = RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path)
    with running(slow) as service, closing(connect(service)) as connection:
        connection.sendall(WHOLE[:-1])
        assert statuses(exchange(service, LAST)) == [200]
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(14) == 0
        assert statuses(connection.recv(65_536)) == [408]


def test_stopping_one_worker_keeps_others_serving(tmp_path: Path) -> None:
    with running(RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path)) as service:
        os.kill(service.worker_pids()[0], signal.SIGTERM)
        for _ in range(20):
            assert statuses(exchange(service, LAST)) == [200]
            time.sleep(0.05)
