"""What XML can carry."""

import pytest

from usage_service.xml_text import is_xml_text, to_xml_text


@pytest.mark.parametrize("text", ["", "plain", "a\tb\r\nc", "\x7f\x85", "\ud7ff\ue000\ufffd", "\U0010ffff"], ids=ascii)
def test_text_xml_can_carry_is_kept(text: str) -> None:
    assert is_xml_text(text)
    assert to_xml_text(text) == text


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"], ids=ascii)
def test_other_characters_are_replaced(character: str) -> None:
    text = f"a{character}b"
    assert not is_xml_text(text)
    assert to_xml_text(text) == "a\ufffdb"
