"""Which servers a client of ours trusts, and how it proves itself to them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

_OF_THE_ENVIRONMENT = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_OF_THE_SYSTEM = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def known_authorities() -> str | bool:
    """The file of certificate authorities that this machine trusts: the environment's, else the system's store.

    True stands for the list that comes with requests, where a machine has none.
    """
    named = [os.environ[name] for name in _OF_THE_ENVIRONMENT if os.environ.get(name)]
    return next((path for path in (*named, *_OF_THE_SYSTEM) if Path(path).exists()), True)


@dataclass(frozen=True, slots=True)
class Trust:
    """Authorities whose servers are trusted, and a client's own certificate with its key, as one PEM file."""

    authorities: str | bool = field(default_factory=known_authorities)
    certificate: str | None = None

    @classmethod
    def of(cls, ca_bundle: str, client_certificate: str) -> "Trust":
        """By settings; empty: what the machine trusts, and no certificate."""
        return cls(ca_bundle or known_authorities(), client_certificate or None)
