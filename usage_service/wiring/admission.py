"""The wiring of authentication: who may call, checked in the ways that `auth_modes` names."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from usage_service.async_callers import AsyncCallers
from usage_service.callers import load_callers
from usage_service.http_callers import HttpCallers, TrustedProxies
from usage_service.settings import Settings
from usage_service.soap.admission import Admission
from usage_service.soap.nonces import NonceFolder
from usage_service.soap.username_token import TokenCallers

CHALLENGES = {
    "basic": b'Basic realm="usage-service", charset="UTF-8"',
    "username_token": b'WSSE realm="usage-service", profile="UsernameToken"',
    "proxy_certificate": b'Certificate realm="usage-service"',
}


def open_admission(settings: Settings) -> Admission | None:
    """The checks of `auth_modes`; None when there are none."""
    modes = set(settings.auth_modes) - {"none"}
    if not modes:
        return None
    callers = AsyncCallers(load_callers(Path(settings.callers_file)))
    proxies = TrustedProxies(settings.proxy_subject_header, settings.trusted_proxies)
    http = HttpCallers(callers, basic="basic" in modes, proxies=proxies if "proxy_certificate" in modes else None)
    fresh = timedelta(seconds=settings.token_seconds)
    nonces = NonceFolder(nonce_folder(settings), seconds=2 * settings.token_seconds)
    challenges = [(b"www-authenticate", CHALLENGES[mode]) for mode in sorted(modes)]
    return Admission(http, TokenCallers(callers, nonces, fresh) if "username_token" in modes else None, challenges)


def nonce_folder(settings: Settings) -> Path:
    """Where the workers of this service keep used nonces."""
    private = Path(tempfile.gettempdir()) / f"usage-service-{os.getuid()}-{settings.port}-nonces"
    return Path(settings.nonce_folder) if settings.nonce_folder else private
