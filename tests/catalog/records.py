"""Records to hold against the catalog: one made to measure, and any at all."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from tests.usage_records import identifiers, xml_texts
from usage_service.catalog import load
from usage_service.record import MAX_CODE, MIN_CODE, Property, UsageRecord
from usage_service.registry import catalog_files

CATALOG = load(of_systems=catalog_files())


def record_of(*names: str, service: str = "PX21_TPC_IMS", event_type: str = "StartCall", code: int = 0) -> UsageRecord:
    """A record, by default of Third Party Call, with properties of these names."""
    return UsageRecord(
        global_transaction_id="6f1c0f3e",
        service=service,
        event_type=event_type,
        record_time=datetime(2012, 10, 29, tzinfo=UTC),
        code=code,
        properties=tuple(Property(name, "v") for name in names),
    )


_names = st.one_of(st.sampled_from(["REQUESTER", "CALLER", "usage.x", "SERVICE"]), xml_texts(longest=200))
_known_services = [name for service in CATALOG.services for name in service.names]
_known_events = [event.name for service in CATALOG.services for event in service.events]

records = st.builds(
    UsageRecord,
    global_transaction_id=st.just("t"),
    service=st.sampled_from(_known_services) | identifiers(127),
    event_type=st.sampled_from(_known_events) | identifiers(250),
    record_time=st.datetimes(timezones=st.just(UTC)),
    code=st.integers(MIN_CODE, MAX_CODE) | st.integers(-1, 18),
    properties=st.lists(st.builds(Property, _names, xml_texts(longest=5)), max_size=12).map(tuple),
)
