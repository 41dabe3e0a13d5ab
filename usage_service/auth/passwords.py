"""Passwords and other secrets: how they are kept, and how what a request states is compared with them."""

import hashlib
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hmac import compare_digest


def is_secret(stated: str | bytes, secret: str | bytes) -> bool:
    """Whether this is the secret. Takes as long whatever part of it is right."""
    return compare_digest(_as_bytes(stated), _as_bytes(secret))


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


_COST, _BLOCK_SIZE, _PARALLELISM = 2**14, 8, 1
"""RFC 7914's interactive parameters: 16 MiB and some 50 ms for each guess."""


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A password that cannot be read back."""

    cost: int
    block_size: int
    parallelism: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash a new password."""
        salt = secrets.token_bytes(16)
        unhashed = cls(_COST, _BLOCK_SIZE, _PARALLELISM, salt, b"")
        return cls(_COST, _BLOCK_SIZE, _PARALLELISM, salt, unhashed._hash(password))

    @classmethod
    def from_text(cls, text: str) -> "PasswordHash":
        """Read what `str` wrote; raises `ValueError`."""
        scheme, cost, block_size, parallelism, salt, digest = text.split("$")
        if scheme != "scrypt":
            raise ValueError(f"unknown scheme {scheme}")
        return cls(int(cost), int(block_size), int(parallelism), b64decode(salt), b64decode(digest))

    def __str__(self) -> str:
        salt, digest = b64encode(self.salt).decode(), b64encode(self.digest).decode()
        return f"scrypt${self.cost}${self.block_size}${self.parallelism}${salt}${digest}"

    def matches(self, password: str) -> bool:
        """Whether this is the password. Slow on purpose; gives up the interpreter meanwhile."""
        return is_secret(self._hash(password), self.digest)

    def _hash(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=self.cost,
            r=self.block_size,
            p=self.parallelism,
            maxmem=256 * self.cost * self.block_size,
            dklen=32,
        )
