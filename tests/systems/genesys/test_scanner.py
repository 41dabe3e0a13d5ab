from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from usage_service.record import Property
from usage_service.systems.genesys.event import CallEvent, EventKind, Place
from usage_service.systems.genesys.scanner import LONGEST_MESSAGE, Settings

from .generator import START, banner
from .support import ATTACHED, LINKS, PAGE, events_of, scan


def without_place(events: list[CallEvent]) -> list[CallEvent]:
    return [replace(event, place=Place("", 0)) for event in events]


def test_page_and_log_layouts_agree() -> None:
    assert without_place(events_of(PAGE)) == without_place(events_of(LINKS))
    assert len(events_of(PAGE)) == 4


@given(st.lists(st.integers(0, 3000), max_size=5), st.booleans())
def test_log_split_anywhere_reads_same(cuts: list[int], files: bool) -> None:
    text = LINKS.read_bytes()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    found = scan([[piece] for piece in pieces] if files else [pieces])
    assert without_place(found.events) == without_place(events_of(LINKS))
    assert found.rejected == []


@given(st.integers(0, 3000))
def test_any_file_may_start_with_banner(cut: int) -> None:
    text, head = LINKS.read_bytes(), banner("Tserver2", START).encode()
    found = scan([[head + text[:cut]], [head + text[cut:]]])
    assert [event.call_uuid for event in found.events] == [event.call_uuid for event in events_of(LINKS)]
    assert {event.server for event in found.events} == {"Tserver2"}


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_message_among_bytes_read_or_rejected(blocks: list[bytes]) -> None:
    found = scan([[*blocks, b"\n@09:41:00.5404 [0] 8 x: message EventCallCreated\n", *blocks]])
    assert len(found.events) + len(found.rejected) == 1


def test_banner_names_server_and_session() -> None:
    [created, _] = events_of(ATTACHED)
    assert created.server == "SIPS_sg01"
    assert created.rank == ("2015-08-01T06:00:00", 0x1F01)


def test_a_setting_overrules_the_banner() -> None:
    [created, _] = events_of(ATTACHED, settings=Settings(server="SIPS_pair"))
    assert created.server == "SIPS_pair"


def test_copies_requests_orphans_are_not_events() -> None:
    found = scan([[ATTACHED.read_bytes()]])
    assert [event.kind for event in found.events] == [EventKind.CREATED, EventKind.DELETED]
    assert (found.counts.copies, found.counts.requests) == (2, 1)


def test_only_configured_attached_data_is_kept() -> None:
    [created, _] = events_of(ATTACHED, settings=Settings(user_data=frozenset({"Note"})))
    assert Property("UserData.Note", "it's  the  customer's") in created.attributes
    assert not any(name == "UserData.ActivityID" for name, _ in created.attributes)


def test_header_without_stamp_dated_over_midnight() -> None:
    [_, deleted] = events_of(ATTACHED)
    assert deleted.time == datetime(2015, 8, 18, 0, 0, 1, 500000, UTC)
    assert deleted.remarks == ("time taken from the header",)


def test_message_without_uuid_rejected_with_place() -> None:
    text = ATTACHED.read_bytes()
    [rejected] = scan([[text]]).rejected
    assert rejected.place == Place("log.0", text.index(b"@00:00:02.0000"))
    assert rejected.reason == "the event has no readable AttributeCallUUID"
    assert rejected.text.startswith(b"@00:00:02.0000")


def test_an_unknown_call_event_is_kept() -> None:
    found = scan([[b"@00:00:02.0000 [0] 8.1 x: message EventCallMoved\n\tAttributeCallUUID\t'A'\n"]])
    assert [rejected.reason for rejected in found.rejected] == ["EventCallMoved is not a call event we know"]


def test_message_truncated_by_restart_is_rejected() -> None:
    text = LINKS.read_bytes()
    restarted = banner("Tserver2", START).replace("2026-02-01", "2026-02-02").encode()
    cut = text.index(b"'location-name'")
    found = scan([[banner("Tserver2", START).encode() + text[:cut]], [restarted + text[text.index(b"@10:41:00") :]]])
    assert [rejected.reason for rejected in found.rejected] == ["cut off: the next file is of another process"]
    assert len(found.events) == 3


def test_truncated_line_never_swallows_next_message() -> None:
    text = LINKS.read_bytes()
    found = scan([[text[: text.index(b"AttributeISLinkList") + 8]], [text[text.index(b"@10:41:00") :]]])
    assert len(found.events) == 4


def test_banner_inside_file_starts_new_log() -> None:
    text = LINKS.read_bytes()
    both = banner("Tserver2", START).encode() + text + b"\n" + banner("SIPServer1", START).encode() + text
    assert [event.server for event in scan([[both]]).events] == ["Tserver2"] * 4 + ["SIPServer1"] * 4


def test_endless_message_is_abandoned_reading_continues() -> None:
    endless = b"@09:41:00.5404 [0] 8 x: message EventCallCreated\n" + b"\t'x'\n" * (LONGEST_MESSAGE // 4)
    found = scan([[endless, b"\n" + LINKS.read_bytes()]])
    assert [rejected.reason for rejected in found.rejected] == [f"longer than {LONGEST_MESSAGE} bytes"]
    assert len(found.events) == 4


def test_carriage_returns_end_lines_too() -> None:
    found = scan([[LINKS.read_bytes().replace(b"\n", b"\r\n")]])
    assert without_place(found.events) == without_place(events_of(LINKS))


def test_link_creation_adds_to_call_links() -> None:
    text = LINKS.read_bytes().replace(
        b"EventCallDataChanged\n", b"EventTransactionStatus\n\tAttributeReason\t'iscc.is-link-creation'\n", 1
    )
    first = scan([[text]]).events[0]
    assert first.kind is EventKind.LINKED
    assert first.links is not None
    assert not first.links_complete
