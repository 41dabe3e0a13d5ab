"""Parlay X faults carry their catalog id, text and variables."""

import pytest

from usage_service.errors import CallerError
from usage_service.systems.call_notification.faults import (
    DuplicateCorrelator,
    InvalidChoice,
    ParlayXFault,
    PolicyException,
    ServiceException,
)


def leaves(kind: type[ParlayXFault]) -> list[type[ParlayXFault]]:
    return [leaf for child in kind.__subclasses__() for leaf in (leaves(child) or [child])]


def test_fault_keeps_variables_in_marker_order() -> None:
    fault = DuplicateCorrelator("c1", "correlator")
    assert (fault.message_id, fault.variables) == ("SVC0005", ("c1", "correlator"))
    assert str(fault) == "SVC0005: Correlator c1 specified in message part correlator is a duplicate"


def test_a_fault_is_the_callers() -> None:
    assert isinstance(InvalidChoice("criteria", "Busy"), CallerError)


@pytest.mark.parametrize("fault", leaves(ParlayXFault))
def test_message_id_distinguishes_service_and_policy(fault: type[ParlayXFault]) -> None:
    parent, prefix = (ServiceException, "SVC") if issubclass(fault, ServiceException) else (PolicyException, "POL")
    assert issubclass(fault, parent)
    assert fault.message_id.startswith(prefix)
