"""Loads a log into a file and kills itself: run by a test as a process of its own.

    python -m tests.systems.genesys.killed_loader STATE DIE_AFTER FILE…

Events and position are replaced together, as a database transaction would. Dies by SIGKILL after that many
batches, between reading a batch and storing it.
"""

import json
import os
import signal
import sys
from pathlib import Path

from usage_service.systems.genesys.follow import load
from usage_service.systems.genesys.position import Position
from usage_service.systems.genesys.scanner import Settings


def main(state: Path, die_after: int, paths: list[Path]) -> None:
    """Go on from the stored state."""
    stored = json.loads(state.read_text()) if state.exists() else {"position": None, "events": []}
    position = Position.from_json(stored["position"]) if stored["position"] else None
    for number, batch in enumerate(load(paths, Settings(), position, block=700)):
        if number == die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        stored["position"] = batch.position.to_json()
        stored["events"] += [[event.call_uuid, event.rank.number] for event in batch.events]
        fresh = state.with_suffix(".new")
        fresh.write_text(json.dumps(stored))
        fresh.replace(state)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
