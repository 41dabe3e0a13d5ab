"""Every refusal of the Usage Ledger is its one typed fault, naming what is wrong."""

import pytest

from tests.soap.ledger_calls import NAMESPACE, NO_SUCH_ID, WHY, at, fault_of, new_record, post, written

PERIOD = {"startsAt": at(2001), "endsAt": at(2001, 2), "actor": "auditor", "reason": "billed"}

UNKNOWN = {
    "getUsageRecord": {"recordID": NO_SUCH_ID},
    "getRecordHistory": {"recordID": NO_SUCH_ID},
    "voidUsageRecord": {"recordID": NO_SUCH_ID, **WHY},
    "correctUsageRecord": {"recordID": NO_SUCH_ID, "replacement": new_record("S"), **WHY},
    "reopenPeriod": {**PERIOD, "service": "never closed"},
    "getReject": {"rejectID": NO_SUCH_ID},
    "replayReject": {"rejectID": NO_SUCH_ID, "actor": "auditor"},
}

INVALID = [
    ("getUsageRecord", {"recordID": "42"}, "recordID"),
    ("queryUsageRecords", {"pageSize": 0}, "pageSize"),
    ("queryUsageRecords", {"pageSize": 1001}, "pageSize"),
    ("queryUsageRecords", {"cursor": "made up"}, "cursor"),
    ("queryUsageRecords", {"view": "asOf"}, "instant"),
    ("queryUsageRecords", {"view": "all", "instant": at(2020)}, "instant"),
    ("queryUsageRecords", {"filter": {"fromTime": "12012-01-01T00:00:00Z"}}, "fromTime"),
    ("summarizeUsage", {"timeBucket": "day", "timeZone": "Atlantis"}, "timeZone"),
    ("voidUsageRecord", {"recordID": NO_SUCH_ID, **WHY, "actor": " "}, "actor"),
    ("closePeriod", {**PERIOD, "endsAt": PERIOD["startsAt"]}, "endsAt"),
    ("listRejects", {"cursor": "made up"}, "cursor"),
    ("replayReject", {"rejectID": NO_SUCH_ID, "actor": ""}, "actor"),
]


@pytest.mark.parametrize("operation", UNKNOWN)
def test_unknown_items_are_not_found(ledger, operation):
    assert fault_of(lambda: ledger[operation](**UNKNOWN[operation]))["messageID"] == "UREC0008E"


@pytest.mark.parametrize(("operation", "request_", "field"), INVALID)
def test_an_invalid_value_names_its_field(ledger, name, operation, request_, field):
    if request_.get("recordID") == NO_SUCH_ID:
        request_ = {**request_, "recordID": written(ledger, new_record(name))[0]}

    fault = fault_of(lambda: ledger[operation](**request_))

    assert (fault["messageID"], fault["field"], fault["variables"][0]) == ("UREC0001E", field, field)


def test_a_record_is_adjusted_once(ledger, name):
    (record_id,) = written(ledger, new_record(name))
    ledger.voidUsageRecord(recordID=record_id, **WHY)

    void = fault_of(lambda: ledger.voidUsageRecord(recordID=record_id, **WHY))
    correct = fault_of(lambda: ledger.correctUsageRecord(recordID=record_id, replacement=new_record(name, 1), **WHY))

    assert void["messageID"] == correct["messageID"] == "UREC0009E"


def test_a_period_is_closed_once(ledger, name):
    ledger.closePeriod(**PERIOD, service=name)

    assert fault_of(lambda: ledger.closePeriod(**PERIOD, service=name))["messageID"] == "UREC0009E"


def test_cursor_of_another_query_is_rejected(ledger, name):
    written(ledger, new_record(name, 1), new_record(name, 2))
    cursor = ledger.queryUsageRecords(filter={"service": name}, pageSize=1).nextCursor

    assert fault_of(lambda: ledger.queryUsageRecords(filter={"code": 0}, cursor=cursor))["field"] == "cursor"


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (f"<u:dropEverything xmlns:u='{NAMESPACE}'/>", "<u:messageID>UREC0006E</u:messageID>"),
        ("<getUsageRecord xmlns='urn:other'/>", "<u:messageID>UREC0006E</u:messageID>"),
        (f"<u:getUsageRecord xmlns:u='{NAMESPACE}'/>", "<u:field>recordID</u:field>"),
        (f"<u:queryUsageRecords xmlns:u='{NAMESPACE}'><u:view>past</u:view></u:queryUsageRecords>", "<u:field>view<"),
        (
            f"<u:writeUsageRecords xmlns:u='{NAMESPACE}'><u:mode>atomic</u:mode></u:writeUsageRecords>",
            "<u:field>record",
        ),
        (f"<u:writeUsageRecords xmlns:u='{NAMESPACE}'><u:record/></u:writeUsageRecords>", "<u:field>mode</u:field>"),
        ("not a request", "<u:messageID>UREC0006E</u:messageID>"),
    ],
)
def test_request_outside_contract_is_typed_fault(ledger_service, operation, says):
    answer = post(f"{ledger_service.url}/soap/usage-ledger", operation)

    assert answer.status_code == 500
    assert "<u:LedgerFault" in answer.text
    assert says in answer.text
