"""How connections are taken from a listening socket that processes share."""

import asyncio
import errno
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from usage_service.http import accepting
from usage_service.http.accepting import EvenLoop

PATIENCE = 20


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


class Greeting(asyncio.Protocol):
    """Says something to each client, and hangs up."""

    def connection_made(self, transport: Any) -> None:
        transport.write(b"welcome")
        transport.close()


def greeted(listener: socket.socket) -> bytes:
    with closing(socket.create_connection(listener.getsockname(), PATIENCE)) as client:
        return client.recv(100) + client.recv(100)


def run(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=EvenLoop) as runner:
        return runner.run(coroutine)


def test_client_served_until_server_closes(listener: socket.socket) -> None:
    async def serve() -> bytes:
        server = await asyncio.get_running_loop().create_server(Greeting, sock=listener)
        heard = await asyncio.to_thread(greeted, listener)
        server.close()
        await server.wait_closed()
        with closing(socket.create_connection(listener.getsockname(), PATIENCE)):
            await asyncio.sleep(0.1)
            listener.accept()[0].close()  # it is still there to be accepted
        return heard

    assert run(serve()) == b"welcome"


def test_clients_that_come_together_are_shared(listener: socket.socket) -> None:
    taken: Counter[str] = Counter()

    class Slow(Greeting):
        def __init__(self) -> None:
            taken[threading.current_thread().name] += 1
            time.sleep(0.01)

    async def serve(stop: threading.Event) -> None:
        server = await asyncio.get_running_loop().create_server(Slow, sock=listener)
        while not stop.is_set():
            await asyncio.sleep(0.01)
        server.close()
        await server.wait_closed()

    clients = [socket.create_connection(listener.getsockname(), PATIENCE) for _ in range(20)]
    stop = threading.Event()
    workers = [threading.Thread(target=run, args=(serve(stop),), name=name) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    assert [client.recv(100) for client in clients] == [b"welcome"] * 20
    stop.set()
    for worker in workers:
        worker.join()
    for client in clients:
        client.close()
    assert sum(taken.values()) == 20
    assert min(taken["one"], taken["two"]) >= 5, taken


class Full(socket.socket):
    """A listening socket of a process that has no file descriptors left, for once."""

    refused = 0

    def accept(self) -> Any:
        if not self.refused:
            self.refused += 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


def test_accept_retries_after_descriptor_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "PAUSE_SECONDS", 0.05)
    with Full() as listener:
        listener.bind(("127.0.0.1", 0))

        async def serve() -> bytes:
            server = await asyncio.get_running_loop().create_server(Greeting, sock=listener)
            heard = await asyncio.to_thread(greeted, listener)
            server.close()
            return heard

        assert run(serve()) == b"welcome"
        assert listener.refused == 1


def test_closed_listening_socket_costs_no_cpu(listener: socket.socket) -> None:
    async def serve() -> float:
        server = await asyncio.get_running_loop().create_server(Greeting, sock=listener)
        listener.shutdown(socket.SHUT_RDWR)
        await asyncio.sleep(0.05)
        begin = time.process_time()
        await asyncio.sleep(0.3)
        server.close()
        return time.process_time() - begin

    assert run(serve()) < 0.1
