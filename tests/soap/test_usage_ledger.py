"""The Usage Ledger's operations on stored records, periods and sources, through its contract."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.running import ROOT
from tests.soap.ledger_calls import WHY, at, fault_of, new_record, written

JUNE, JULY = datetime(2013, 6, 1, tzinfo=UTC), datetime(2013, 7, 1, tzinfo=UTC)


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


def test_record_is_returned_as_written(ledger, name):
    pairs = [{"name": "A", "value": " two\nlines "}, {"name": "A", "value": "å€𐍈"}]
    (record_id,) = written(ledger, new_record(name, 540, code=-7, property=pairs))

    found = ledger.getUsageRecord(recordID=record_id)

    assert (found.recordID, found.service, found.code, found.source) == (record_id, name, -7, "soap")
    assert [(pair.name, pair.value) for pair in found.property] == [("A", " two\nlines "), ("A", "å€𐍈")]
    assert found.recordTime == datetime(2012, 10, 29, 14, 41, 1, 80_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"globalTransactionID": "other"}, {1}),
        ({"eventType": "EndCall"}, {2}),
        ({"code": 2}, {3}),
        ({"requester": "alice"}, {4}),
        ({"source": "node-7"}, {5}),
        ({"property": [{"name": "SECONDS", "value": "6"}]}, {6}),
        ({"fromTime": "2012-10-29T14:41:00.547Z"}, {7, 8}),
        ({"toTime": "2012-10-29T15:41:00.542+01:00"}, {0, 1}),
        ({"code": 0, "eventType": "EndCall", "requester": "alice"}, set()),
    ],
)
def test_query_results_match_every_condition(ledger, name, wanted, expected):
    changes = {
        1: {"globalTransactionID": "other"},
        2: {"eventType": "EndCall"},
        3: {"code": 2},
        4: {"property": [{"name": "REQUESTER", "value": "alice"}]},
        5: {"sequence": {"source": "node-7", "epoch": name, "number": 1}},
    }
    ids = written(ledger, *(new_record(name, number, **changes.get(number, {})) for number in range(9)))

    found = ledger.queryUsageRecords(filter={"service": name, **wanted}).record

    assert {ids.index(record.recordID) for record in found} == expected


def test_pages_stay_consistent_while_records_arrive(ledger, name):
    ids = written(ledger, *(new_record(name, number) for number in range(10)))
    seen, cursor = [], None
    while True:
        page = ledger.queryUsageRecords(filter={"service": name}, pageSize=3, cursor=cursor)
        seen += [record.recordID for record in page.record]
        cursor = page.nextCursor
        if cursor is None:
            break
        written(ledger, new_record(name, 100 + len(seen)))

    assert seen[:10] == ids
    assert len(seen) == len(set(seen))


def test_void_record_hidden_only_in_current_view(ledger, name):
    kept, voided = written(ledger, new_record(name, 1), new_record(name, 2))
    before = ledger.getUsageRecord(recordID=voided).receivedAt

    done = ledger.voidUsageRecord(recordID=voided, **WHY)

    def seen(**view):
        return [record.recordID for record in ledger.queryUsageRecords(filter={"service": name}, **view).record]

    assert (done.recordID, done.replacementID, done.actor, done.reasonCode) == (voided, None, "auditor", "TEST")
    assert seen() == seen(view="current") == [kept]
    assert seen(view="all") == [kept, voided]
    assert seen(view="asOf", instant=before.replace(microsecond=before.microsecond // 1000 * 1000 + 999)) == [
        kept,
        voided,
    ]


def test_a_corrected_record_keeps_its_history(ledger, name):
    (first,) = written(ledger, new_record(name, 1))
    second = ledger.correctUsageRecord(recordID=first, replacement=new_record(name, 2), **WHY).replacementID
    third = ledger.correctUsageRecord(recordID=second, replacement=new_record(name, 3), **WHY).replacementID
    ledger.voidUsageRecord(recordID=third, **WHY)

    entries = ledger.getRecordHistory(recordID=second)

    assert [entry.record.recordID for entry in entries] == [first, second, third]
    assert [entry.adjustment.replacementID for entry in entries] == [second, third, None]
    assert [entry.record.globalTransactionID for entry in entries] == [f"tx-{name}-{number}" for number in (1, 2, 3)]


def test_summary_totals_by_every_group(ledger, name):
    late = milliseconds(datetime(2012, 10, 31, 23, 30, tzinfo=UTC))
    written(
        ledger,
        new_record(name, 10),
        new_record(name, 32),
        new_record(name, 5, code=1),
        new_record(name, 0, recordTime=late, property=[{"name": "SECONDS", "value": "many"}]),
    )

    groups = ledger.summarizeUsage(
        filter={"service": name},
        groupBy=["service", "code"],
        timeBucket="month",
        timeZone="Europe/Oslo",
        sumProperty="SECONDS",
    )

    october, november = datetime(2012, 9, 30, 22, tzinfo=UTC), datetime(2012, 10, 31, 23, tzinfo=UTC)
    assert [(g.bucketStart, g.service, g.code, g.count, g.sum, g.notNumeric) for g in groups] == [
        (october, name, 0, 2, Decimal(42), 0),
        (october, name, 1, 1, Decimal(5), 0),
        (november, name, 0, 1, None, 1),
    ]


def test_a_summary_groups_by_properties(ledger, name):
    written(ledger, new_record(name, 1), new_record(name, 1), new_record(name, 2), new_record(name, 3, property=[]))

    groups = ledger.summarizeUsage(filter={"service": name}, groupByProperty=["SECONDS"])

    found = {tuple((pair.name, pair.value) for pair in group.property): group.count for group in groups}
    assert found == {(("SECONDS", "1"),): 2, (("SECONDS", "2"),): 1, (): 1}


def test_closed_period_blocks_adjustment_until_reopened(ledger, name):
    (record_id,) = written(ledger, new_record(name, recordTime=milliseconds(JUNE)))
    period = {"startsAt": JUNE, "endsAt": JULY, "service": name, "actor": "auditor", "reason": "billed"}

    closed = ledger.closePeriod(**period)
    refused = fault_of(lambda: ledger.voidUsageRecord(recordID=record_id, **WHY))
    listed = ledger.listClosedPeriods(service=name)
    ledger.reopenPeriod(**period)

    assert (closed.recordCount, closed.period.startsAt, closed.period.service) == (1, JUNE, name)
    assert refused["messageID"] == "UREC0009E"
    assert [(found.startsAt, found.endsAt, found.actor) for found in listed] == [(JUNE, JULY, "auditor")]
    assert not ledger.listClosedPeriods(service=name)
    assert ledger.voidUsageRecord(recordID=record_id, **WHY).recordID == record_id


def test_source_number_gaps_are_reported(ledger, name):
    written(ledger, *(new_record(name, n, sequence={"epoch": "boot-1", "number": n}) for n in (1, 2, 5, 5, 9)))

    (found,) = ledger.getCompleteness(source=name)

    assert (found.epoch, found.firstNumber, found.lastNumber) == ("boot-1", 1, 9)
    assert (found.seen, found.missing, found.repeated) == (4, 5, 1)
    assert [(gap.first, gap.last) for gap in found.gap] == [(3, 4), (6, 8)]


def test_served_contract_has_service_address(ledger_service):
    import requests

    address = f"{ledger_service.url}/soap/usage-ledger"
    file = (ROOT / "wsdl" / "UsageLedger.wsdl").read_text(encoding="utf-8")

    served = requests.get(f"{address}?wsdl", timeout=10).content.decode()

    assert served == file.replace("http://localhost:8080/soap/usage-ledger", address)
    assert requests.get(f"{ledger_service.url}/soap/UsageLedger.wsdl", timeout=10).content.decode() == served


def test_query_before_first_record_is_empty(ledger, name):
    assert ledger.queryUsageRecords(filter={"service": name, "toTime": at(1971)}).record == []
