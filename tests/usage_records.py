"""Records for tests: one made to measure, and any at all that XML can carry."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from usage_service.record import MAX_CODE, MIN_CODE, XML_BLANKS, Property, UsageRecord

PACKING_CHARACTERS = ";=%\r\n"

xml_characters = st.one_of(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
    st.sampled_from("\t\n\r;=%é€😀"),
)
"""Every character that XML 1.0 (section 2.2) can carry, the difficult ones often."""

moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
"""Aware UTC times of the years 1 to 9999, to the millisecond as the contract has them."""


def xml_texts(shortest: int = 0, longest: int = 40) -> st.SearchStrategy[str]:
    """Texts that XML can carry."""
    return st.text(xml_characters, min_size=shortest, max_size=longest)


def identifiers(longest: int) -> st.SearchStrategy[str]:
    """Texts that name something: not only blanks."""
    return xml_texts(1, longest).filter(lambda text: text.strip(XML_BLANKS))


properties = st.lists(st.builds(Property, xml_texts(), xml_texts()), max_size=8).map(tuple)

_optional = st.none() | xml_texts(1, 20)

usage_records = st.builds(
    UsageRecord,
    global_transaction_id=identifiers(127),
    service=identifiers(127),
    event_type=identifiers(250),
    record_time=moments,
    code=st.integers(MIN_CODE, MAX_CODE),
    properties=properties,
    source=identifiers(127),
    requester=_optional,
    principal=_optional,
    caller_address=_optional,
    header_transaction_id=_optional,
    header_service_id=_optional,
)
"""Any valid record."""


def record_of(*pairs: tuple[str, str], **fields: Any) -> UsageRecord:
    """A record of Call Notification with these properties; further fields by name."""
    defaults: dict[str, Any] = {
        "global_transaction_id": "6f1c0f3e",
        "service": "PX21_CN_IMS",
        "event_type": "StartCallNotification",
        "record_time": datetime(2012, 10, 29, 14, 41, 0, 540_000, tzinfo=UTC),
        "code": 0,
        "properties": tuple(Property(*pair) for pair in pairs),
    }
    return UsageRecord(**(defaults | fields))
