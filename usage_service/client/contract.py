"""Calling a contract with Zeep: one client per process, time limits on everything, errors translated at one gate."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import requests
import zeep
from lxml import etree
from zeep import exceptions as zeep_errors
from zeep.transports import Transport

from usage_service.errors import (
    Busy,
    CallerError,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotStored,
    ServiceError,
    StoreUnavailable,
    UnequalArrays,
    Unreadable,
    UsageServiceError,
)
from usage_service.shipped import shipped


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
def contract(name: str) -> zeep.Client:
    """The parsed contract: once for each process, from the shipped file, without a network."""
    return zeep.Client(str(shipped("wsdl", name)), transport=Transport(session=requests.Session()))


def proxy(
    name: str, binding: str, endpoint: str, *, timeout: float, session: requests.Session | None = None
) -> Any:
    """The operations of a contract at an endpoint. `timeout` in seconds limits each connect and each read."""
    client = contract(name)
    transport = Transport(session=session or requests.Session(), timeout=timeout, operation_timeout=timeout)
    service = client.create_service(binding, endpoint)
    service._client = _with_transport(client, transport)
    return service


def _with_transport(client: zeep.Client, transport: Transport) -> zeep.Client:
    twin = zeep.Client.__new__(zeep.Client)
    twin.__dict__.update(client.__dict__)
    twin.transport = transport
    return twin


@contextmanager
def translated_errors() -> Iterator[None]:
    """The gate: Zeep's and the network's errors become ours."""
    try:
        yield
    except zeep_errors.Fault as error:
        raise error_from(error) from error
    except (requests.RequestException, zeep_errors.TransportError) as error:
        raise StoreUnavailable(f"the usage service does not answer: {type(error).__name__}") from error
    except zeep_errors.ValidationError as error:
        raise InvalidValue("request", str(error)) from error
    except zeep_errors.Error as error:
        raise NotStored("the usage service gave an answer that is not in the contract") from error


def error_from(error: zeep_errors.Fault) -> UsageServiceError:
    """Our error for a SOAP fault, typed by its message id."""
    fault = typed_fault(error)
    if fault is None:
        return CallerError(error.message) if "Client" in str(error.code) else NotStored(error.message)
    match fault.message_id, fault.variables:
        case "UREC0001E", (field, problem):
            return InvalidValue(field, problem)
        case "UREC0002E", (names, values):
            return UnequalArrays(int(names), int(values))
        case "UREC0004E", (key,):
            return KeyReused(key)
        case "UREC0005E", (service,):
            return NotAllowed(service)
        case "UREC0006E", (problem,):
            return Unreadable(problem)
        case "UREC0007E", (problem,):
            return Busy(problem)
        case "UREC0003E", (problem,):
            return NotStored(problem)
    return ServiceError(fault.message)


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
