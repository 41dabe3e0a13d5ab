"""Parlay X exceptions as SOAP faults: exactly one ServiceException or PolicyException in `detail` (ETSI ES 202 391-1).

The exception element belongs to the common namespace of the request's generation, its children to none.
"""

from lxml import etree

from usage_service.callnotification.faults import INTERNAL_FAULT, ParlayXFault, PolicyException
from usage_service.callnotification.versions import CallbackVersion, callback_version
from usage_service.errors import CallerError, UsageServiceError
from usage_service.soap.faults import WireForm, fault_parts
from usage_service.soap.names import qualified

COMMON_2 = "http://www.csapi.org/schema/parlayx/common/v2_1"
COMMON_3 = "http://www.csapi.org/schema/parlayx/common/v3_1"


class ParlayXExceptions:
    """How the notification managers tell errors."""

    def envelope(self, error: UsageServiceError, form: WireForm) -> etree._Element:
        """The SOAP envelope that tells this error."""
        message_id, text, variables = _message(error)
        name = "PolicyException" if isinstance(error, PolicyException) else "ServiceException"
        common = COMMON_2 if callback_version(form.namespace) is CallbackVersion.V2_2 else COMMON_3
        envelope, detail = fault_parts("Client" if isinstance(error, CallerError) else "Server", str(error))
        exception = etree.SubElement(detail, qualified(common, name), nsmap={"common": common})
        parts = (("messageId", message_id), ("text", text), *(("variables", value) for value in variables))
        for child, content in parts:
            etree.SubElement(exception, child).text = content
        return envelope


def _message(error: UsageServiceError) -> tuple[str, str, tuple[str, ...]]:
    if isinstance(error, ParlayXFault):
        return error.message_id, error.text, error.variables
    message_id, text = INTERNAL_FAULT
    return message_id, text, (type(error).__name__,)
