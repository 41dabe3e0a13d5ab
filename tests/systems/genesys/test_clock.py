from datetime import UTC, datetime, timedelta

import pytest

from usage_service.systems.genesys.clock import Clock, hex_time, stated_time
from usage_service.systems.genesys.message import parse


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("508e957c00083f40", "2012-10-29T14:41:00.540480+00:00"),
        ("508e957c00078fc6", "2012-10-29T14:41:00.495558+00:00"),
        ("508e957f000856fe", "2012-10-29T14:41:03.546558+00:00"),
        ("508e957e000ec324", "2012-10-29T14:41:02.967460+00:00"),
    ],
)
def test_stamp_is_hex_seconds_and_microseconds(stamp: str, time: str) -> None:
    assert hex_time(stamp) == datetime.fromisoformat(time)


@pytest.mark.parametrize("stamp", ["", "508e957c", "508e957c000f4240", "508e957c00083f4g"])
def test_invalid_time_text_gives_none(stamp: str) -> None:
    assert hex_time(stamp) is None


def test_decimal_dialect_reads_only_first_word() -> None:
    message = parse(
        b"@23:16:17.4586 [0] 8.1 x: message EventX\n"
        b"\tAttributeTimeinuSecs\t458658\n\tAttributeTimeinSecs\t1439853377 (23:16:17)\n"
    )
    assert message is not None
    assert stated_time(message) == datetime(2015, 8, 17, 23, 16, 17, 458658, UTC)


def test_zone_learnt_from_header_and_stamp() -> None:
    clock = Clock().learn(datetime(2012, 10, 29, 14, 41, 0, 540480, UTC), "09:41:00.5404")
    assert clock.offset == timedelta(hours=-5)
    assert clock.resolve("09:42:00.0000") == datetime(2012, 10, 29, 14, 42, tzinfo=UTC)


def test_header_after_midnight_means_next_day() -> None:
    clock = Clock(datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    assert clock.resolve("00:00:01.0000") == datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC)


def test_file_name_gives_local_date() -> None:
    clock = Clock(offset=timedelta(hours=2)).at_file("sips.20260301_010000_123.log")
    assert clock.anchor == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["sips.log", "sips.20261301_010000.log"])
def test_undated_file_name_changes_nothing(name: str) -> None:
    assert Clock().at_file(name) == Clock()


def test_a_header_alone_has_no_date() -> None:
    assert Clock().resolve("09:41:00.5404") is None
