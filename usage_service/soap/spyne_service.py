"""A contract's operations as a Spyne service: each is three beats, unwrap, call, wrap, and the middle one is ours."""

from collections.abc import Callable, Mapping
from typing import Any

from usage_service.soap.spyne_door import ServiceBase, rpc
from usage_service.soap.spyne_lane import Call, with_fault
from usage_service.soap.spyne_models import Models

Operation = Callable[[Call, Any], dict[str, Any]]
"""Takes the call and Spyne's object for the request; returns the answer by element name. Raises `UsageServiceError`."""


def service_of(name: str, models: Models, operations: Mapping[str, Operation]) -> Any:
    """Spyne's class for a service with these operations, whose messages have their names."""
    methods = {operation: _method(operation, action, models) for operation, action in operations.items()}
    return type(name, (ServiceBase,), methods)


def _method(name: str, operation: Operation, models: Models) -> Any:
    response = f"{name}Response"

    def method(ctx: Any, request: Any) -> Any:
        return with_fault(lambda: operation(ctx.udc, request))

    method.__name__ = name
    declare = rpc(
        models[name], _returns=models[response], _body_style="bare", _in_message_name=name, _out_message_name=response
    )
    return declare(method)
