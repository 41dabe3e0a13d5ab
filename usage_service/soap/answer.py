"""The answer to a stored record, in the form of its request."""

from usage_service.soap.faults import WireForm
from usage_service.soap.names import SOAP_ENVELOPE


class ResponseTemplate:
    """`writeUsageRecordResponse` with the id left out: ids are plain text, so the rest can be made beforehand."""

    def __init__(self, child: str = "recordID") -> None:
        self._child = child
        self._templates: dict[WireForm, tuple[bytes, bytes]] = {}

    def fill(self, record_id: str, form: WireForm) -> bytes:
        """The whole answer for one record."""
        head, tail = self._templates.get(form) or self._make(form)
        return head + record_id.encode() + tail

    def _make(self, form: WireForm) -> tuple[bytes, bytes]:
        child = f"u:{self._child}" if form.qualified else self._child
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body>'
            f'<u:writeUsageRecordResponse xmlns:u="{form.namespace}"><{child}>|</{child}></u:writeUsageRecordResponse>'
            "</soapenv:Body></soapenv:Envelope>"
        )
        head, _, tail = text.encode().partition(b"|")
        self._templates[form] = head, tail
        return head, tail
