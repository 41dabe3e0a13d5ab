"""What SOAP callers must put right is kept, listed, and replayed once."""

import pytest

from tests.soap.ledger_calls import fault_of, new_record, post, write, written

USAGE_RECORD = "http://www.ibm.com/schema/twss/userec/v2_0/local"
REQUEST = (
    f'<u:writeUsageRecordRequest xmlns:u="{USAGE_RECORD}"><u:globalTransactionID>%s</u:globalTransactionID>'
    "<u:service>%s</u:service><u:eventType>e</u:eventType><u:recordTime>%s</u:recordTime><u:code>0</u:code>"
    "</u:writeUsageRecordRequest>"
)


def every_reject(ledger, **wanted):
    cursor, found = None, []
    while True:
        page = ledger.listRejects(pageSize=50, cursor=cursor, **wanted)
        found += page.reject
        cursor = page.nextCursor
        if cursor is None:
            return found


def reject_with(ledger, text):
    (found,) = [
        kept
        for kept in (ledger.getReject(rejectID=one.rejectID) for one in every_reject(ledger))
        if text in kept.body.decode()
    ]
    return found


def test_reject_keeps_bytes_and_reason(ledger_service, ledger, name):
    answer = post(ledger_service.endpoint, REQUEST % ("t", name, "soon"))

    kept = reject_with(ledger, name)

    assert answer.status_code == 500
    assert (kept.source, kept.messageID, kept.field, kept.replayed) == ("soap", "UREC0001E", "recordTime", False)
    assert (kept.callerAddress, kept.contentType) == ("127.0.0.1", "text/xml; charset=utf-8")
    assert kept.body == answer.request.body
    assert kept.bodyBytes == len(kept.body)


@pytest.mark.parametrize(("content_type", "status"), [("application/json", 415), ("text/xml", 500)])
def test_unreadable_body_kept_http_error_discarded(ledger_service, ledger, content_type, status):
    import requests

    before = len(every_reject(ledger))
    headers = {"Content-Type": content_type}
    answer = requests.post(ledger_service.endpoint, b"<broken", headers=headers, timeout=30)

    assert answer.status_code == status
    assert len(every_reject(ledger)) - before == (1 if status == 500 else 0)


def test_bad_batch_record_is_kept_alone(ledger, name):
    write(ledger, new_record(name, 1), new_record(name, 2, eventType=" "))

    kept = reject_with(ledger, name)

    assert (kept.source, kept.messageID, kept.field) == ("soap-ledger", "UREC0001E", "eventType")
    assert f"tx-{name}-2" in kept.body.decode()
    assert f"tx-{name}-1" not in kept.body.decode()


def test_rejected_atomic_batch_is_kept_whole(ledger, name):
    write(ledger, new_record(name, 1), new_record(name, 2, eventType=" "), mode="atomic")

    body = reject_with(ledger, name).body.decode()

    assert all(f"tx-{name}-{number}" in body for number in (1, 2))


def test_a_refused_question_is_no_reject(ledger):
    before = len(every_reject(ledger))

    fault_of(lambda: ledger.queryUsageRecords(pageSize=0))

    assert len(every_reject(ledger)) == before


def test_rejected_replay_gives_reason_and_stays_open(ledger_service, ledger, name):
    post(ledger_service.endpoint, REQUEST % ("t", name, "soon"))
    kept = reject_with(ledger, name)

    (verdict,) = ledger.replayReject(rejectID=kept.rejectID, actor="auditor")

    assert (verdict.status, verdict.field) == ("rejected", "recordTime")
    assert kept.rejectID in [one.rejectID for one in every_reject(ledger, openOnly=True)]


def test_rejects_are_found_by_their_source(ledger, name):
    write(ledger, new_record(name, 2, eventType=" "))

    assert {one.source for one in every_reject(ledger, source="soap-ledger")} == {"soap-ledger"}
    assert written(ledger, new_record(name, 3))
