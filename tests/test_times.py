"""Times that others write."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest

from usage_service.times import time_from_iso

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-03-02T12:00:00Z", EAST),
        ("2026-03-02T14:00:00+02:00", UTC),
        ("2026-03-02T12:00:00", UTC),
        ("2026-03-02T14:00:00", EAST),
        ("2026-03-02 12:00", UTC),
    ],
)
def test_iso_time_is_read_as_utc(text: str, zone: tzinfo) -> None:
    found = time_from_iso(text, zone=zone)
    assert (found, found.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_other_text_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time_from_iso(text, zone=UTC)
