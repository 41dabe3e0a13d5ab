"""The front door: what is alive, what is ready, and what is not there."""

import json
import os
import signal

import pytest

from tests.running import RunningService, running, wait_until


@pytest.mark.parametrize(("path", "status"), [("/health/live", "live"), ("/health/ready", "ready")])
def test_health_is_told_as_json(shared_service, path, status):
    code, body = shared_service.get(path)
    assert (code, json.loads(body)["status"]) == (200, status)


@pytest.mark.parametrize("path", ["/", "/soap", "/soap/other", "/UsageRecord.wsdl", "/health", "/soap/../wsdl"])
def test_unknown_path_is_not_found(shared_service, path):
    assert shared_service.get(path)[0] == 404


def test_get_without_wsdl_explains_usage(shared_service):
    code, body = shared_service.get("/soap/usage-record")
    assert (code, body) == (405, b"POST a SOAP 1.1 request, or GET ?wsdl\n")


def test_workers_end_with_killed_supervisor(tmp_path):
    with running(RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path)) as service:
        workers = service.worker_pids()
        os.kill(service.process.pid, signal.SIGKILL)
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), "the end of the workers", 20)
