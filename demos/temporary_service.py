"""A running service on a temporary SQLite file, for demonstrations."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from demos.ports import LOOPBACK, reserved_port
from usage_service.settings import variable_name

START_SECONDS = 60


class TemporaryService(NamedTuple):
    """Where it listens and where its records are."""

    url: str
    database_file: Path

    @property
    def endpoint(self) -> str:
        """The Usage Record component's address."""
        return f"{self.url}/UsageRecordService/services/UsageRecord"


@contextmanager
def temporary_service(settings: Mapping[str, str] | None = None) -> Iterator[TemporaryService]:
    """Start the service as `usage-service serve` does, and stop it afterwards."""
    with TemporaryDirectory(prefix="usage-service-demo-") as folder:
        port = reserved_port()
        service = TemporaryService(f"http://{LOOPBACK}:{port}", Path(folder) / "usage.db")
        variables = {"database": f"sqlite:///{service.database_file}", "port": str(port), "log_level": "warning"}
        named = {variable_name(name): value for name, value in {**variables, **(settings or {})}.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "usage_service", "serve"], env={**os.environ, **named}, start_new_session=True
        )
        try:
            _wait_until_ready(service.url, process)
            yield service
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")
