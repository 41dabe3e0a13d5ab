"""The SVC and POL messages of Parlay X that Call Notification answers with (ETSI ES 202 391-1, annex B).

CallerError
└── ParlayXFault                message id, text with %1 markers, variables
    ├── ServiceException        the same request would fail again
    │   ├── InvalidInput        SVC0002   a part is missing or unusable
    │   ├── InvalidChoice       SVC0003   a part is none of the valid values
    │   ├── NoValidAddresses    SVC0004
    │   ├── DuplicateCorrelator SVC0005
    │   └── OverlappedCriteria  SVC0008
    └── PolicyException         allowed in principle, not to this requester
        ├── NotPermitted        POL0001
        └── TooManyAddresses    POL0003

What is our own fault stays a `ServiceError`; the SOAP edge answers it with SVC0001 (`INTERNAL_FAULT`).
"""

from typing import ClassVar

from usage_service.errors import CallerError

INTERNAL_FAULT = ("SVC0001", "A service error occurred. Error code is %1")
"""Message id and text for what is not the caller's fault; the variable is an error code of ours."""


class ParlayXFault(CallerError):
    """One message of the Parlay X catalog; a subclass each, `variables` fill the markers in order."""

    message_id: ClassVar[str]
    text: ClassVar[str]

    def __init__(self, *variables: str) -> None:
        self.variables = variables
        filled = self.text
        for number, variable in enumerate(variables, start=1):
            filled = filled.replace(f"%{number}", variable)
        super().__init__(f"{self.message_id}: {filled}")


class ServiceException(ParlayXFault):
    """The request cannot be served, and an equal one would fail again."""


class PolicyException(ParlayXFault):
    """A policy, an agreement or privacy forbids the request."""


class InvalidInput(ServiceException):
    """Invalid input value for message part {part}"""

    message_id = "SVC0002"
    text = "Invalid input value for message part %1"

    def __init__(self, part: str) -> None:
        super().__init__(part)


class InvalidChoice(ServiceException):
    """Invalid input value for message part {part}, valid values are {valid}"""

    message_id = "SVC0003"
    text = "Invalid input value for message part %1, valid values are %2"

    def __init__(self, part: str, valid: str) -> None:
        super().__init__(part, valid)


class NoValidAddresses(ServiceException):
    """No valid addresses provided in message part {part}"""

    message_id = "SVC0004"
    text = "No valid addresses provided in message part %1"

    def __init__(self, part: str) -> None:
        super().__init__(part)


class DuplicateCorrelator(ServiceException):
    """Correlator {correlator} specified in message part {part} is a duplicate"""

    message_id = "SVC0005"
    text = "Correlator %1 specified in message part %2 is a duplicate"

    def __init__(self, correlator: str, part: str) -> None:
        super().__init__(correlator, part)


class OverlappedCriteria(ServiceException):
    """Overlapped Criteria {part}"""

    message_id = "SVC0008"
    text = "Overlapped Criteria %1"

    def __init__(self, part: str) -> None:
        super().__init__(part)


class NotPermitted(PolicyException):
    """A policy error occurred. Error code is {code}"""

    message_id = "POL0001"
    text = "A policy error occurred. Error code is %1"

    def __init__(self, code: str) -> None:
        super().__init__(code)


class TooManyAddresses(PolicyException):
    """Too many addresses specified in message part {part}"""

    message_id = "POL0003"
    text = "Too many addresses specified in message part %1"

    def __init__(self, part: str) -> None:
        super().__init__(part)
