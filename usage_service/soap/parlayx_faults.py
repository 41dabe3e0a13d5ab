"""Parlay X exceptions as SOAP faults: exactly one ServiceException or PolicyException in `detail` (ETSI ES 202 391-1).

The exception element belongs to the common namespace of the request's generation, its children to none.
"""

from lxml import etree

from usage_service.callnotification.faults import INTERNAL_FAULT, ParlayXFault, PolicyException
from usage_service.errors import CallerError, UsageServiceError
from usage_service.soap.names import SOAP_ENVELOPE, qualified

COMMON_2 = "http://www.csapi.org/schema/parlayx/common/v2_1"
COMMON_3 = "http://www.csapi.org/schema/parlayx/common/v3_1"


def parlayx_fault(error: UsageServiceError, common: str) -> etree._Element:
    """The SOAP envelope that tells this error."""
    message_id, text, variables = _message(error)
    name = "PolicyException" if isinstance(error, PolicyException) else "ServiceException"
    envelope = etree.Element(qualified(SOAP_ENVELOPE, "Envelope"), nsmap={"soapenv": SOAP_ENVELOPE})
    fault = etree.SubElement(
        etree.SubElement(envelope, qualified(SOAP_ENVELOPE, "Body")), qualified(SOAP_ENVELOPE, "Fault")
    )
    etree.SubElement(fault, "faultcode").text = f"soapenv:{'Client' if isinstance(error, CallerError) else 'Server'}"
    etree.SubElement(fault, "faultstring").text = str(error)
    detail = etree.SubElement(fault, "detail")
    exception = etree.SubElement(detail, qualified(common, name), nsmap={"common": common})
    for child, content in (("messageId", message_id), ("text", text), *(("variables", value) for value in variables)):
        etree.SubElement(exception, child).text = content
    return envelope


def _message(error: UsageServiceError) -> tuple[str, str, tuple[str, ...]]:
    if isinstance(error, ParlayXFault):
        return error.message_id, error.text, error.variables
    message_id, text = INTERNAL_FAULT
    return message_id, text, (type(error).__name__,)
