"""1,000 conferences on 4 nodes, every tenth event lost, repeated or overtaken, the sink stopped and restarted, the
service killed ten times: `make recovery-pexip`, or `python -m benchmarks.pexip_recovery [--conferences N] [--kills N]`.

Afterwards the totals of every service tag must be the script's truth to the second, each leg once, on both databases.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from benchmarks.databases import opened_bench
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import Author
from tests.running import RunningService, running
from tests.systems.pexip.service.driving import Poster, described, management, play
from tests.systems.pexip.service.test_recovery import (
    FROM_THE_START,
    assert_nothing_is_left_to_reconcile,
    assert_true_to,
    restart,
)
from usage_service.database.database import Dialect

DATABASES: tuple[Dialect, ...] = ("sqlite", "postgresql")


def main() -> None:
    """Do it on both; a traceback and exit code 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pexip_recovery")
    parser.add_argument("--conferences", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES, metavar="KIND")
    chosen = parser.parse_args()
    with opened_bench() as bench:
        for dialect in chosen.databases:
            print(f"{dialect}:", flush=True)
            recover(bench.url(dialect), chosen.conferences, chosen.kills)


def recover(url: str, conferences: int, kills: int) -> None:
    """Play, kill, reconcile, compare."""
    script = Author(2).script(conferences, tags=20, rooms=max(16, conferences // 10))
    events = sum(map(len, report(script).values()))
    deaths = {events * (number + 1) // (kills + 1) for number in range(kills)}
    with tempfile.TemporaryDirectory() as folder, management(script) as (manager, _):
        service = RunningService(url, Path(folder), described(Path(folder), manager))
        with running(service):
            started = time.monotonic()
            poster = Poster(service, before=lambda posted: restart(service) if posted in deaths else None)
            network = play(script, poster, 2)
            print(f"  {events:,} events, {network.lost:,} lost, {kills} kills: {time.monotonic() - started:.0f} s")
            started = time.monotonic()
            outcome = json.loads(service.run("pexip", "reconcile", *FROM_THE_START).stdout)
            print(f"  {outcome}: {time.monotonic() - started:.0f} s", flush=True)
        assert_true_to(script, url)
        assert_nothing_is_left_to_reconcile(url, manager)
    print(f"  {script.billed_legs():,} legs of {len(script.seconds_by_tag())} service tags are right", flush=True)


if __name__ == "__main__":
    main()
