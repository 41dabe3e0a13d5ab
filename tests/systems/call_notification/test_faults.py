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


def test_a_fault_keeps_its_variables_in_the_order_of_the_markers() -> None:
    fault = DuplicateCorrelator("c1", "correlator")
    assert (fault.message_id, fault.variables) == ("SVC0005", ("c1", "correlator"))
    assert str(fault) == "SVC0005: Correlator c1 specified in message part correlator is a duplicate"


def test_a_fault_is_the_callers() -> None:
    assert isinstance(InvalidChoice("criteria", "Busy"), CallerError)


@pytest.mark.parametrize("fault", leaves(ParlayXFault))
def test_the_id_says_whether_it_is_a_service_or_a_policy_exception(fault: type[ParlayXFault]) -> None:
    parent, prefix = (ServiceException, "SVC") if issubclass(fault, ServiceException) else (PolicyException, "POL")
    assert issubclass(fault, parent)
    assert fault.message_id.startswith(prefix)
