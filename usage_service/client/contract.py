"""Calling a contract with Zeep: one client per process, time limits on everything, errors translated at one gate."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec
import requests
import zeep
from lxml import etree
from requests.auth import HTTPBasicAuth
from zeep import exceptions as zeep_errors
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from usage_service.errors import (
    Busy,
    CallerError,
    Conflict,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotFound,
    NotStored,
    ServiceError,
    StoreUnavailable,
    UnequalArrays,
    Unreadable,
    UsageServiceError,
)
from usage_service.shipped import shipped


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who calls, and how that is proven: HTTP Basic, or a WS-Security UsernameToken with a digest."""

    username: str
    password: str = field(repr=False)
    proof: Literal["basic", "token"] = "basic"


class Fault(NamedTuple):
    """A typed fault as the contract declares it."""

    message_id: str
    text: str
    variables: tuple[str, ...]

    @property
    def message(self) -> str:
        """The text with its variables filled in."""
        text = self.text
        for position, variable in enumerate(self.variables):
            text = text.replace(f"{{{position}}}", variable)
        return text


@cache
def _document(name: str) -> Any:
    """The parsed contract: once for each process, from the shipped file, without a network."""
    return zeep.Client(str(shipped("wsdl", name))).wsdl


def operations(
    name: str,
    binding: str,
    endpoint: str,
    *,
    timeout: float,
    session: requests.Session | None = None,
    credentials: Credentials | None = None,
) -> Any:
    """The operations of a contract at an endpoint. `timeout` in seconds limits connecting and each answer."""
    token = None
    if credentials and credentials.proof == "token":
        token = UsernameToken(credentials.username, credentials.password, use_digest=True)
    elif credentials:
        session = session or requests.Session()
        session.auth = HTTPBasicAuth(credentials.username.encode(), credentials.password.encode())
    transport = Transport(session=session, timeout=timeout, operation_timeout=timeout)
    client = zeep.Client(_document(name), transport=transport, wsse=token)
    return client.create_service(binding, endpoint)


@contextmanager
def translated_errors() -> Iterator[None]:
    """The gate: Zeep's and the network's errors become ours."""
    try:
        yield
    except zeep_errors.Fault as error:
        raise error_from(error) from error
    except (requests.RequestException, zeep_errors.TransportError) as error:
        asked = getattr(error, "request", None)
        where = f"the usage service at {asked.url}" if asked is not None else "the usage service"
        raise StoreUnavailable(f"{where} does not answer: {type(error).__name__}") from error
    except zeep_errors.ValidationError as error:
        raise InvalidValue("request", str(error)) from error
    except (zeep_errors.Error, msgspec.ValidationError) as error:
        raise NotStored("the usage service gave an answer that is not in the contract") from error


def error_from(error: zeep_errors.Fault) -> UsageServiceError:
    """Our error for a SOAP fault, typed by its message id."""
    fault = typed_fault(error)
    if fault is None:
        return CallerError(error.message) if "Client" in str(error.code) else NotStored(error.message)
    make = _ERRORS.get((fault.message_id, len(fault.variables)))
    return make(*fault.variables) if make else ServiceError(fault.message)


_ERRORS: dict[tuple[str, int], Callable[..., UsageServiceError]] = {
    ("UREC0001E", 2): InvalidValue,
    ("UREC0002E", 2): lambda names, values: UnequalArrays(int(names), int(values)),
    ("UREC0003E", 1): NotStored,
    ("UREC0004E", 1): KeyReused,
    ("UREC0004E", 2): KeyReused,
    ("UREC0005E", 1): NotAllowed,
    ("UREC0006E", 1): Unreadable,
    ("UREC0007E", 1): Busy,
    ("UREC0008E", 2): NotFound,
    ("UREC0009E", 1): Conflict,
}
"""Message id and number of variables → our error, the mirror image of the server's table."""


def typed_fault(error: zeep_errors.Fault) -> Fault | None:
    """The element inside `detail`, if the fault has the shape of our contracts."""
    detail: etree._Element | None = error.detail
    if detail is None or len(detail) != 1:
        return None
    values: dict[str, list[str]] = {}
    for child in detail[0]:
        values.setdefault(etree.QName(child).localname, []).append(child.text or "")
    if "messageID" not in values:
        return None
    return Fault(values["messageID"][0], values.get("text", [""])[0], tuple(values.get("variables", ())))
