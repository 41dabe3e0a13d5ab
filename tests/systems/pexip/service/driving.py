"""A deployment that is played to a running service over HTTP."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from demos.pexip_standin.manager import Manager
from demos.pexip_standin.publisher import Faults, publishers
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import BEGIN, Script
from demos.pexip_standin.serving import served
from tests.running import RunningService

END_OF_TIME = timedelta(days=365)
DESCRIPTION = """
deployment = "test"
[sinks.main]
[sinks.guarded]
username = "sink"
password = "pässword"
secret = "s3cret"
[manager]
url = "{manager}"
username = "admin"
password = "secret"
reconcile_minutes = {minutes}
{policy}
"""


def described(
    folder: Path, manager: str = "http://127.0.0.1:1", *, minutes: float = 0, policy: str = ""
) -> dict[str, str]:
    """The settings of a service that takes the usage of a deployment."""
    file = folder / "pexip.toml"
    file.write_text(DESCRIPTION.format(manager=manager, minutes=minutes, policy=policy), encoding="utf-8")
    return {"pexip.file": str(file)}


@dataclass
class Poster:
    """Posts bodies like a node: what is not answered well is sent again."""

    service: RunningService
    posted: int = 0
    before: Callable[[int], None] = lambda posted: None
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(self, body: bytes) -> int:
        self.before(self.posted)
        self.posted += 1
        for _ in range(200):
            try:
                url = f"{self.service.url}/pexip/event-sink/main"
                status = self.session.post(url, data=body, timeout=7).status_code
            except requests.ConnectionError:
                status = 0
            if status == 204:
                return status
            time.sleep(0.05)
        raise AssertionError("the service did not take an event")


def play(script: Script, post: Any, seed: int, *, bulk: int = 1) -> Faults:
    """Every sink over a bad network, stopped half way and started again when all is over: a burst."""
    network = Faults(post, seed, loss=0.1, repeat=0.1, reorder=0.1)
    for sink in publishers(report(script), network, bulk=bulk):
        sink.start(BEGIN - timedelta(seconds=1))
        sink.run(BEGIN + (script.end - BEGIN) / 2)
        sink.start(script.end)
        sink.run(script.end + END_OF_TIME)
    network.release()
    return network


@contextmanager
def management(script: Script) -> Iterator[tuple[str, Manager]]:
    """The platform's Management Node."""
    manager = Manager(script, script.end)
    with served(manager) as url:
        yield url, manager
