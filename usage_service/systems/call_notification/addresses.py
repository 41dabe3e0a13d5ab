"""Addresses of call parties: `tel:` (RFC 3966) and `sip:`/`sips:` (RFC 3261), and when two are the same.

ETSI ES 202 391-1, 8.1: national and international telephone numbers are both accepted; URI parameters are not
part of the address. Wildcards are not offered.
"""

import re
from typing import NamedTuple

from usage_service.systems.call_notification.faults import NoValidAddresses

MAX_ADDRESS_LENGTH = 1024

_NAME_ADDR = re.compile(r"^[^<>]*<([^<>]*)>")
_TELEPHONE = re.compile(r"^\+?[0-9A-Fa-f#]+$")
_SEPARATORS = str.maketrans("", "", "-.()")  # visual separators mean nothing, RFC 3966, 5.1.1
_USER = re.compile(r"^[A-Za-z0-9\-_.!~'()%&=+$,/#]+$")  # without the wildcard *
_HOST = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?$")
_GLOBAL_NUMBER = re.compile(r"^\+[0-9]+$")
_MSISDN = re.compile(r"^(?:00)?([1-9][0-9]{7,14})$")
"""A global number as operators write it, without the plus of RFC 3966 (ITU-T E.164: at most 15 digits, none of them
a leading 0, which national numbers have; shorter ones are those of services)."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9\-_.!~'()]")


_PHONE_USER = re.compile(r";user=phone\b", re.IGNORECASE)


class Address(NamedTuple):
    """An address as it was given, and the key under which equal addresses meet."""

    text: str
    key: str


def parse_address(text: str, part: str = "addresses") -> Address:
    """The address that an application subscribes to; `NoValidAddresses` naming the message part otherwise."""
    key = address_key(text)
    if key is None or len(text) > MAX_ADDRESS_LENGTH:
        raise NoValidAddresses(part)
    return Address(text, key)


def address_key(text: str) -> str | None:
    """The comparable form of a URI, or None when it is no telephone number and no SIP address."""
    scheme, _, rest = bare_uri(text).partition(":")
    if scheme.lower() == "tel":
        return _telephone_key(rest)
    if scheme.lower() in ("sip", "sips"):
        return _sip_key(scheme.lower(), rest)
    return None


def address_keys(text: str) -> tuple[str, ...]:
    """Every key under which an application may have subscribed to this party.

    A network may write `tel:+4681234` as `sip:+4681234@home.net;user=phone` (RFC 3261, 19.1.6), so a SIP
    address whose user is a global number is that number too.
    """
    key = address_key(text)
    if key is None:
        return ()
    user = key.partition(":")[2].partition("@")[0].translate(_SEPARATORS)
    if key.startswith("sip") and _PHONE_USER.search(text):
        user = _global(user)
    if key.startswith("sip") and _GLOBAL_NUMBER.match(user):
        return (key, f"tel:{user}")
    return (key,)


def bare_uri(text: str) -> str:
    """The URI without display name, angle brackets, password, parameters and headers, as in usage records."""
    name_addr = _NAME_ADDR.match(text)
    uri = name_addr.group(1) if name_addr else text
    scheme, colon, rest = uri.strip().partition(":")
    user, at, host = rest.rpartition("@")
    # A semicolon in the user part belongs to it only in SIP; a tel URI has no @. Passwords stay out of records.
    return f"{scheme}{colon}{re.split('[;:]', user, maxsplit=1)[0]}{at}{re.split('[;?]', host, maxsplit=1)[0]}"


def _telephone_key(number: str) -> str | None:
    digits = number.translate(_SEPARATORS)
    return f"tel:{_global(digits.upper())}" if _TELEPHONE.match(digits) else None


def _global(digits: str) -> str:
    """A number with its plus, where it is a global one that was written without."""
    found = _MSISDN.match(digits)
    return f"+{found[1]}" if found else digits


def _sip_key(scheme: str, rest: str) -> str | None:
    user, _, host = rest.rpartition("@")
    user = _unescaped(user.partition(":")[0])  # a password does not tell users apart
    if not _USER.match(user) or not _HOST.match(host):
        return None
    return f"{scheme}:{user}@{host.lower()}"


def _unescaped(user: str) -> str:
    """Equal users alike: what need not be escaped is not, the rest with capital digits (RFC 3261, 19.1.4)."""

    def one(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if _NEVER_ESCAPED.match(character) else found[0].upper()

    return _ESCAPE.sub(one, user)
