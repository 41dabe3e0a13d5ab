"""Batches: a verdict for each record, all or nothing where that is asked for, and once only."""

from tests.soap.ledger_calls import NAMESPACE, fault_of, new_record, post, write, written

BAD = {"eventType": " "}


def statuses(verdicts):
    return [verdict.status for verdict in verdicts]


def stored(ledger, service):
    return ledger.queryUsageRecords(filter={"service": service}).record


def test_every_record_gets_verdict_in_order(ledger, name):
    verdicts = write(ledger, *(new_record(name, number) for number in range(5)))

    assert statuses(verdicts) == ["stored"] * 5
    found = {record.recordID: record.globalTransactionID for record in stored(ledger, name)}
    assert [found[verdict.recordID] for verdict in verdicts] == [f"tx-{name}-{number}" for number in range(5)]


def test_best_effort_stores_good_records(ledger, name):
    verdicts = write(ledger, new_record(name, 1), new_record(name, 2, **BAD), new_record(name, 3))

    assert statuses(verdicts) == ["stored", "rejected", "stored"]
    assert (verdicts[1].field, verdicts[1].messageID) == ("eventType", "UREC0001E")
    assert len(stored(ledger, name)) == 2


def test_atomic_batch_rejected_naming_bad_record(ledger, name):
    verdicts = write(ledger, new_record(name, 1), new_record(name, 2, **BAD), mode="atomic")

    assert statuses(verdicts) == ["rejected", "rejected"]
    assert verdicts[0].messageID == "UREC0009E"
    assert "record 2" in verdicts[0].reason
    assert verdicts[1].field == "eventType"
    assert not stored(ledger, name)


def test_atomic_batch_rejected_on_conflicting_key(ledger, name):
    write(ledger, new_record(name, 1, key="taken"))

    verdicts = write(ledger, new_record(name, 2, key="new"), new_record(name, 3, key="taken"), mode="atomic")

    assert [verdict.messageID for verdict in verdicts] == ["UREC0009E", "UREC0004E"]
    assert len(stored(ledger, name)) == 1
    assert statuses(write(ledger, new_record(name, 2, key="new"))) == ["stored"]


def test_retried_record_returns_original_id(ledger, name):
    batch = [new_record(name, number, key=f"key-{number}") for number in range(3)]
    first = write(ledger, *batch, mode="atomic")

    again = write(ledger, *batch, new_record(name, 9, key="key-9"), mode="atomic")

    assert statuses(again) == ["duplicate"] * 3 + ["stored"]
    assert [verdict.recordID for verdict in again[:3]] == [verdict.recordID for verdict in first]


def test_key_repeated_in_batch_stores_once(ledger, name):
    one, same, other = write(
        ledger, new_record(name, 1, key="k"), new_record(name, 1, key="k"), new_record(name, 2, key="k")
    )

    assert [one.status, same.status, other.messageID] == ["stored", "duplicate", "UREC0004E"]
    assert same.recordID == one.recordID


def test_batch_without_keys_uses_request_key(ledger_service, ledger, name):
    header = '<k:idempotencyKey xmlns:k="urn:usage-service:headers:v1">' + name + "</k:idempotencyKey>"
    record = (
        "<u:record><u:globalTransactionID>t</u:globalTransactionID><u:service>%s</u:service>"
        "<u:eventType>e</u:eventType><u:recordTime>%d</u:recordTime><u:code>0</u:code></u:record>"
    )
    request = f'<u:writeUsageRecords xmlns:u="{NAMESPACE}"><u:mode>bestEffort</u:mode>%s</u:writeUsageRecords>' % (
        record % (name, 1) + record % (name, 2)
    )
    url = f"{ledger_service.url}/soap/usage-ledger"

    first, second = post(url, request, header), post(url, request, header)

    assert first.text.count("stored") == 2
    assert second.text == first.text.replace("stored", "duplicate")
    assert len(stored(ledger, name)) == 2


def test_content_policy_stores_equal_records_once(ledger):
    record = new_record("ONCE_BY_CONTENT", 1)

    first, same, other = write(ledger, record, record, {**record, "code": 1})

    assert [first.status, same.status, other.status] == ["stored", "duplicate", "stored"]


def test_schema_violation_is_verdict_not_fault(ledger_service, ledger, name):
    record = (
        "<u:record><u:globalTransactionID>t</u:globalTransactionID><u:service>%s</u:service>"
        "<u:eventType>e</u:eventType><u:recordTime>%s</u:recordTime><u:code>0</u:code></u:record>"
    )
    records = "".join(record % (name, time) for time in ("1", "soon", "3"))
    frame = (
        f"<writeUsageRecords xmlns='{NAMESPACE}' xmlns:u='{NAMESPACE}'><mode>bestEffort</mode>%s</writeUsageRecords>"
    )

    answer = post(f"{ledger_service.url}/soap/usage-ledger", frame % records)

    assert answer.status_code == 200
    assert answer.text.count("stored") == 2
    assert answer.text.count("rejected") == 1
    assert "recordTime" in answer.text
    assert len(stored(ledger, name)) == 2


def test_batch_over_thousand_is_rejected_whole(ledger, name):
    fault = fault_of(lambda: write(ledger, *[new_record(name)] * 1001))

    assert (fault["messageID"], fault["field"]) == ("UREC0001E", "record")
    assert not stored(ledger, name)


def test_a_thousand_records_are_stored_together(ledger, name):
    assert len(set(written(ledger, *(new_record(name, number) for number in range(1000))))) == 1000
