"""Driving one contender for some seconds: requests from wrk."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

PATH = "/UsageRecordService/services/UsageRecord"
LEDGER_PATH = "/soap/usage-ledger"
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the one who drove it saw."""

    records: int  # acknowledged
    refused: int  # requests answered with anything but 2xx
    broken: int  # connections that failed, and answers that did not come
    seconds: float
    p50: float  # milliseconds
    p99: float  # milliseconds

    @property
    def rate(self) -> float:
        """Acknowledged records a second."""
        return self.records / self.seconds


def drive(port: int, envelopes: Path, connections: int, seconds: float, *, path: str = PATH, records: int = 1) -> Load:
    """Post envelopes of so many records on kept-alive connections, each sending its next when it has its answer."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
    command += ["--timeout", "30s", "--latency", "--script", str(SCRIPT), f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run([*command, "--", str(envelopes)], check=True, capture_output=True, text=True)
    (result,) = [json.loads(line.removeprefix("RESULT ")) for line in done.stdout.splitlines() if "RESULT" in line]
    return Load(
        records=(result["requests"] - result["refused"]) * records,
        refused=result["refused"],
        broken=result["broken"],
        seconds=result["microseconds"] / 1e6,
        p50=result["p50"] / 1e3,
        p99=result["p99"] / 1e3,
    )
