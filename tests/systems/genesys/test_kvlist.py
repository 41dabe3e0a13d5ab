import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.record import Property
from usage_service.systems.genesys.kvlist import Kind, read_list

from .support import ATTACHED, DATA, events_of, scan

LISTS = sorted((DATA / "lists").glob("*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_published_lists_match_their_announced_size(path: Path) -> None:
    listed = read_list(path.read_bytes())
    assert listed is not None
    assert listed.problem() is None
    assert listed.top_level == len([e for e in listed.entries if e.kind is Kind.SUBLIST]) + len(listed.outer())


@given(st.sampled_from(LISTS), st.data())
def test_list_missing_any_byte_is_detected(path: Path, data: st.DataObject) -> None:
    raw = path.read_bytes()
    inside = [match.start() for match in re.finditer(rb"[0-9A-Za-z]", raw) if match.start() > raw.index(b"..")]
    cut = data.draw(st.sampled_from([at for at in inside if raw[at - 1 : at + 6] != b"(list)"[:7]]))
    listed = read_list(raw[:cut] + raw[cut + 1 :])
    assert listed is not None
    assert listed.problem() is not None


def test_damaged_list_reported_other_attributes_kept() -> None:
    whole = (DATA / "islinks.log").read_bytes()
    found = scan([[whole.replace(b"'SIPServer1@SIP_Switch1'", b"'SIPServer1@SIP_Swit'", 1)]])
    assert found.events[0].remarks == ("AttributeISLinkList announces 108 bytes but holds 105",)
    assert found.events[0].call_uuid == "00RP30KH7088L1IC08GB82LAES000317"
    assert found.events[0].conn_id == "009a021843038407"
    assert not found.events[0].links_complete
    assert found.counts.remarks == 1


def test_values_keep_white_space_and_apostrophes() -> None:
    [created, *_] = events_of(ATTACHED)
    assert Property("ANI", "+4930  1234") in created.attributes
    assert created.remarks == ()


def test_pair_after_empty_list_is_outer() -> None:
    listed = read_list(b"[70] 00 03 00 00..\n\t\t'a'\t'1'\n\t\t'l'(list) \n\t\t'b'\t'2'\n")
    assert listed is not None
    assert listed.outer() == [("a", "1"), ("b", "2")]


def test_count_tells_nested_pairs_from_outer() -> None:
    listed = read_list((DATA / "lists" / "nested_pairs.txt").read_bytes())
    assert listed is not None
    assert listed.outer() == []


def test_lists_with_numbers_are_not_checked() -> None:
    listed = read_list(b"[1] 00 01 00 00..\n\t\t'a'\t17\n")
    assert listed is not None
    assert listed.problem() is None


def test_line_without_entry_is_problem() -> None:
    listed = read_list(b"[11] 00 01 00 00..\n\t\t'ab'\t'c\n")
    assert listed is not None
    assert listed.problem() == "has a line that is not an entry"
