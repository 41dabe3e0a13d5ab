"""The header `sourceSequence` of IBM's operation, through both paths."""

import pytest

from tests.running import ROOT
from usage_service.errors import InvalidValue
from usage_service.ledger.model import Reject
from usage_service.record import SequenceNumber
from usage_service.soap.headers import Posted
from usage_service.soap.schema import contract_schema
from usage_service.soap.usage_record.fast_path import FastPath
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.service import RecordReader, UsageRecordContract

CONTRACT = UsageRecordContract(contract_schema(ROOT / "wsdl" / "UsageRecordInterface.wsdl"))
REQUEST = (
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:h='urn:usage-service:headers:v1'>"
    "<e:Header>%s</e:Header><e:Body>"
    "<u:writeUsageRecordRequest xmlns:u='http://www.ibm.com/schema/twss/userec/v2_0/local'>"
    "<u:globalTransactionID>t</u:globalTransactionID><u:service>PX</u:service><u:eventType>e</u:eventType>"
    "<u:recordTime>1</u:recordTime><u:code>0</u:code></u:writeUsageRecordRequest></e:Body></e:Envelope>"
)
CHILDREN = (
    "<h:sourceSequence><h:source>node-1</h:source><h:epoch>boot</h:epoch><h:number> 42 </h:number></h:sourceSequence>"
)


def read_fast(header):
    found = FastPath(MakeRecord()).read(Posted((REQUEST % header).encode(), "text/xml"))
    return found[0] if found else None


def read_slowly(header):
    reject = Reject(source="soap", message_id="", reason="", body=(REQUEST % header).encode(), content_type="text/xml")
    return RecordReader(CONTRACT, MakeRecord()).again(reject).items[0]


@pytest.mark.parametrize("read", [read_fast, read_slowly])
@pytest.mark.parametrize("header", [CHILDREN, "<h:sourceSequence source='node-1' epoch='boot' number='42'/>"])
def test_a_numbered_record_carries_its_place(read, header):
    record = read(header)

    assert (record.source, record.sequence) == ("node-1", SequenceNumber("boot", 42))


@pytest.mark.parametrize("read", [read_fast, read_slowly])
def test_sequence_source_defaults_to_service(read):
    assert read("<h:sourceSequence epoch='boot' number='1'/>").source == "PX"


@pytest.mark.parametrize("header", ["<h:sourceSequence epoch='boot' number='one'/>", "<h:sourceSequence number='1'/>"])
def test_unreadable_number_is_rejected_not_ignored(header):
    assert read_fast(header) is None
    with pytest.raises(InvalidValue, match="sourceSequence"):
        read_slowly(header)
