"""`make demo-pexip`: a day of a Pexip Infinity deployment over a bad network, recorded to the second.

Starts the service as its own processes on a temporary SQLite file, lets a stand-in for the platform post its events
while every tenth gets lost, reconciles with the platform's history, and compares with what really took place.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from rich.console import Console

from demos.pexip_standin.manager import Manager
from demos.pexip_standin.publisher import Faults, publishers
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import BEGIN, Author, Script
from demos.pexip_standin.serving import served
from demos.temporary_service import TemporaryService, temporary_service

DESCRIPTION = """deployment = "demo"
silence_minutes = 100_000_000             # the day that is played is long over

[sinks.main]
secret = "demo"

[manager]
url = "{manager}"
username = "admin"
password = "secret"
reconcile_minutes = 0                     # only when asked, so that we can look at it before
"""
PERIOD = ("--period", f"{BEGIN:%Y-%m}")


def main() -> None:
    """Show it."""
    console = Console()
    script = Author(7).script(40, tags=4)
    with TemporaryDirectory() as folder, served(Manager(script, script.end)) as manager:
        description = Path(folder) / "pexip.toml"
        description.write_text(DESCRIPTION.format(manager=manager))
        with temporary_service({"pexip.file": str(description)}) as service:
            variables = {
                "USAGE_SERVICE_DATABASE": f"sqlite:///{service.database_file}",
                "USAGE_SERVICE_PEXIP_FILE": str(description),
            }
            console.rule(f"{len(script.meetings)} conferences on 4 nodes post their events to {service.url}")
            print(f"The network lost {_posted(script, service)} of them, repeated some, and changed their order.")
            _run(variables, "process")
            _run(variables, "usage", "--by", "service-tag", *PERIOD)

            console.rule("The platform's history knows what was lost")
            _run(variables, "reconcile", "--since", BEGIN.isoformat())
            _run(variables, "usage", "--by", "service-tag", *PERIOD)
            _run(variables, "usage", "--by", "location", *PERIOD)

            console.rule("What really took place")
            print(_verdict(script, variables))


def _posted(script: Script, service: TemporaryService) -> int:
    """Post what the nodes report; returns how much of it the network lost."""
    session = requests.Session()
    sink = f"{service.url}/pexip/event-sink/main?secret=demo"

    def post(body: bytes) -> int:
        return session.post(sink, data=body, timeout=7).status_code

    network = Faults(post, 7, loss=0.1, repeat=0.05, reorder=0.1)
    for node in publishers(report(script), network):
        node.start(BEGIN - timedelta(seconds=1))
        node.run(script.end + timedelta(days=365))
    network.release()
    return network.lost


def _run(variables: Mapping[str, str], *arguments: str) -> None:
    """Run a command of `usage-service pexip` and show it with what it prints."""
    print(f"\n$ usage-service pexip {' '.join(arguments)}", flush=True)
    subprocess.run(_command(*arguments), env=os.environ | variables, check=True)


def _verdict(script: Script, variables: Mapping[str, str]) -> str:
    """The script's seconds beside those recorded."""
    report = _command("usage", *PERIOD, "--format", "json")
    lines = subprocess.run(report, env=os.environ | variables, check=True, capture_output=True).stdout.splitlines()
    recorded = {row["service_tag"]: row["seconds"] for row in map(json.loads, lines)}
    truth = sorted(script.seconds_by_tag().items(), key=lambda item: -item[1])
    table = [f"  {tag}  {seconds:6} s, recorded {recorded.get(tag, 0):6} s" for tag, seconds in truth]
    same = "Every service tag is right to the second." if recorded == dict(truth) else "The totals differ!"
    return "\n".join([*table, same])


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "usage_service", "pexip", *arguments]


if __name__ == "__main__":
    main()
