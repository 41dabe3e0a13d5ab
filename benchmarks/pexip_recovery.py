"""1,000 conferences on 4 nodes, every tenth event lost, repeated or overtaken, the service killed ten times.

    python -m benchmarks.pexip_recovery DATABASE_URL [conferences] [kills]

Afterwards the totals of every service tag must be the script's truth to the second, each leg once.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.pexip.driving import Poster, described, management, play
from tests.pexip.test_recovery import FROM_THE_START, legs, restart, used
from tests.running import RunningService, running
from usage_service.demos.pexip_standin.script import Author
from usage_service.demos.pexip_standin.telling import tell


def main() -> None:
    """Play, kill, reconcile, compare; exit code 1 when anything differs."""
    url = sys.argv[1]
    conferences, kills = [int(number) for number in (sys.argv[2:] + ["1000", "10"][len(sys.argv) - 2 :])]
    script = Author(2).script(conferences, tags=20, rooms=max(16, conferences // 10))
    events = sum(map(len, tell(script).values()))
    deaths = {events * (number + 1) // (kills + 1) for number in range(kills)}
    with tempfile.TemporaryDirectory() as folder, management(script) as (manager, _):
        service = RunningService(url, Path(folder), described(Path(folder), manager))
        with running(service):
            started = time.monotonic()
            poster = Poster(service, before=lambda posted: restart(service) if posted in deaths else None)
            network = play(script, poster, 2)
            print(f"{events:,} events, {network.lost:,} bodies lost, {kills} kills, {time.monotonic() - started:.0f} s")
            outcome = json.loads(service.run("pexip", "reconcile", *FROM_THE_START).stdout)
            print({name: count for name, count in outcome.items() if name != "warnings"})
            right = used(service) == script.seconds_by_tag() and legs(service) == script.billed_legs()
            print(
                f"{legs(service):,} legs, {len(script.seconds_by_tag())} service tags: {'right' if right else 'WRONG'}"
            )
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
