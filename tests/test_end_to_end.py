"""The whole way on both databases: SOAP in; rows, USAGERECORDS and `records --json` out, unchanged."""

import json
from typing import NamedTuple

import pytest
from lxml import etree
from sqlalchemy import text

from tests.catalog.test_services import published_points
from tests.database.servicedata import segments
from tests.running import PostgresqlServer, RunningService, running
from tests.soap.envelopes import PLAIN, envelope, request_of
from usage_service.database.database import open_database

DIFFICULT = " ;=%&<>\"' é€😀\tx"


class Written(NamedTuple):
    """One recording point of the catalog as it was sent."""

    record_id: str
    service: str
    event_type: str
    pairs: list[tuple[str, str]]


def record_id_of(answer: tuple[int, bytes]) -> str:
    status, body = answer
    assert status == 200, body
    record_id = etree.fromstring(body).findtext(".//{*}recordID")
    assert record_id
    return record_id


def write_catalogue(service: RunningService) -> list[Written]:
    written = []
    for point in published_points():
        event_type = point.event_type.replace("*", "someOperation")
        pairs = [(name, f"{place} {name}{DIFFICULT}") for place, name in enumerate(point.properties)]
        body = request_of(*pairs, service=point.service, eventType=event_type).encode()
        written.append(Written(record_id_of(service.post(body)), point.service, event_type, pairs))
    return written


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def catalog(request, tmp_path_factory):
    """A service that took a record of every recording point of the catalog."""
    folder = tmp_path_factory.mktemp("catalog")
    url = f"sqlite:///{folder}/usage.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server").create_database("catalog")
    with running(RunningService(url, folder)) as service:
        yield service, write_catalogue(service)


def test_all_recording_points_are_stored_unchanged(catalog):
    service, written = catalog
    rows = {row["record_id"]: row for row in service.records()}
    found = [
        Written(w.record_id, *(rows[w.record_id][k] for k in ("service", "event_type", "properties"))) for w in written
    ]
    assert found == written
    assert {row["remarks"] for row in rows.values()} == {()}


def test_view_shows_all_recording_points_unchanged(catalog):
    service, written = catalog
    database = open_database(service.database)
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT recordid, servicedata FROM USAGERECORDS ORDER BY recordid, segment")
        ).all()
    database.close()
    assert [tuple(row) for row in rows] == [
        (one.record_id, row) for one in sorted(written) for row in segments(one.pairs, 4000)
    ]


def test_all_recording_points_are_printed_unchanged(catalog):
    service, written = catalog
    printed = [json.loads(line) for line in service.run("records", "--json", "--limit", "1000").stdout.splitlines()]
    assert [
        Written(p["record_id"], p["service"], p["event_type"], [tuple(pair) for pair in p["properties"]])
        for p in printed
    ] == sorted(written)


def test_unknown_names_are_stored_with_warning(catalog):
    service, _ = catalog
    record_id = record_id_of(service.post(request_of(("COLOUR", "red"), globalTransactionID="colour").encode()))
    (row,) = [row for row in service.records() if row["record_id"] == record_id]
    assert row["remarks"] == ("unknown_property:COLOUR",)


def fault_of(answer: tuple[int, bytes]) -> tuple[int, str | None, str | None]:
    root = etree.fromstring(answer[1])
    return answer[0], root.findtext(".//faultcode"), root.findtext(".//{*}messageID")


def test_service_reports_database_outage_and_recovers(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path
):
    with running(RunningService(postgresql_url, tmp_path)) as service:
        record_id_of(service.post(envelope().encode()))
        postgresql_server.stop()
        try:
            for _ in range(4):
                assert fault_of(service.post(envelope().encode())) == (500, "soapenv:Server", "UREC0003E")
            assert service.get("/health/ready")[0] == 503
            assert service.get("/health/live")[0] == 200
        finally:
            postgresql_server.start()
        record_id_of(service.post(envelope().encode()))
        assert service.get("/health/ready")[0] == 200
        assert len(service.records()) == 2
        assert "Traceback" not in service.post(b"")[1].decode()


SETTINGS = {
    "response_child_type": "long",
    "response_child_name": "id",
    "unequal_arrays": "lenient",
    "catalog": "off",
    "catalog_by_service": '{"PX21_TPC_IMS": "enforce"}',
    "alias_namespaces": '["http://www.ibm.com/schema/soa/userec/v1_0/local"]',
    "element_form": "unqualified",
    "host": "usage-17",
    "workers": "1",
    "max_body_bytes": "5000",
}


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """A service with everything set otherwise than by default."""
    folder = tmp_path_factory.mktemp("configured")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings=SETTINGS)) as service:
        yield service


def test_record_ids_can_be_renamed_numbers(configured):
    status, body = configured.post(envelope().encode())
    number = etree.fromstring(body).findtext(".//{*}id")
    assert status == 200
    assert number
    assert 2**63 > int(number) > 2**40


def test_unequal_arrays_can_be_repaired(configured):
    status, _ = configured.post(envelope([*PLAIN[:5], ("serviceAttributes", "ALONE")]).encode())
    assert status == 200
    assert configured.records()[-1]["properties"] == [("ALONE", "")]
    assert configured.records()[-1]["remarks"] == ("repaired",)


def test_alias_namespace_is_accepted_and_echoed(configured):
    alias = "http://www.ibm.com/schema/soa/userec/v1_0/local"
    status, body = configured.post(envelope(namespace=alias).encode())
    assert status == 200
    assert etree.fromstring(body).find(f".//{{{alias}}}writeUsageRecordResponse") is not None


def test_catalog_can_be_enforced_per_service(configured):
    refused = configured.post(request_of(("COLOUR", "red"), service="PX21_TPC_IMS", eventType="StartCall").encode())
    assert fault_of(refused) == (500, "soapenv:Client", "UREC0001E")
    status, _ = configured.post(request_of(("COLOUR", "red"), service="ANYTHING").encode())
    assert status == 200
    assert configured.records()[-1]["remarks"] == ()


def test_answers_can_have_one_fixed_form(configured):
    for prefix in ("u:", ""):
        _, body = configured.post(envelope(prefix=prefix).encode())
        assert etree.fromstring(body).find(".//id") is not None


def test_body_over_configured_limit_is_rejected(configured):
    assert fault_of(configured.post(request_of(("NAME", "x" * 5000)).encode())) == (413, "soapenv:Client", "UREC0006E")
