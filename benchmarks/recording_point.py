"""What a usage record costs its recording point in spool mode: microseconds of each `record()`.

    python -m benchmarks.recording_point [RECORDS]

No server is running, so that the drainer's failing attempts are part of the picture. What becomes of the records when
the server comes back is measured by `benchmarks.outage`.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from usage_service.client import Spool, UsageRecorder

PROPERTIES = {
    "REQUESTER": "alice",
    "METHOD": "startCallNotification",
    "CORRELATOR": "c1",
    "CALLED_PARTY": "tel:+4681234",
    "CALL_EVENTS": "busy",
}


def measure(count: int) -> list[float]:
    """Microseconds of each call, sorted."""
    with TemporaryDirectory() as folder:
        recorder = UsageRecorder(
            "http://127.0.0.1:9/", spool=Spool(Path(folder)), on_alarm=lambda _name, _error: None, timeout=1
        )
        found = []
        for _ in range(count):
            began = time.perf_counter()
            recorder.record(service="PX21_CN_IMS", event_type="StartCallNotification", properties=PROPERTIES)
            found.append((time.perf_counter() - began) * 1e6)
        recorder.close()
    return sorted(found)


def main() -> None:
    times = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
    for share in (0.5, 0.9, 0.99, 0.999):
        print(f"{share:6.1%}  {times[int(share * len(times))]:8.1f} µs")
    print(f"  mean  {sum(times) / len(times):8.1f} µs")


if __name__ == "__main__":
    main()
