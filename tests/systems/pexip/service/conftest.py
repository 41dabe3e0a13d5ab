"""One running service with a Pexip deployment, for all tests that only add to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningService, running
from tests.systems.pexip.service.driving import described

POLICY = """
[policy]
rules = "policy.toml"
username = "policy"
password = "secret"
"""
RULES = """
fail = "closed"

[[rule]]
name = "one hour a month"
service_tag = ["acme"]
quota_hours = 1
message = "The quota of this month is used up"

[[rule]]
name = "cost centre"
set_call_tag = "{idp_attribute_costcenter}"
"""


@pytest.fixture(scope="module")
def pexip_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("pexip")
    (folder / "policy.toml").write_text(RULES)
    settings = described(folder, policy=POLICY)
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings)) as service:
        yield service
