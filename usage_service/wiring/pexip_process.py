"""The Pexip worker as a process of its own: turning events into records costs more than taking them."""

from usage_service.companion import work_until_told
from usage_service.logs import log_to_stderr
from usage_service.settings import load_settings
from usage_service.wiring.pexip import working


def run_pexip_worker() -> None:
    """Work until told to stop; settings come from the environment."""
    settings = load_settings().settings
    log_to_stderr(settings.log_level)
    work_until_told(working(settings))
