"""Which characters XML 1.0 can carry (section 2.2, `Char`), and its white space. Standard library only."""

import re

_BLANKS = re.compile("[ \t\r\n]+")
_NOT_XML_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def is_xml_text(text: str) -> bool:
    """Whether XML can carry every character of the text."""
    return text.isprintable() or _NOT_XML_TEXT.search(text) is None


def to_xml_text(text: str) -> str:
    """The text with U+FFFD in place of each character that XML cannot carry."""
    return text if text.isprintable() else _NOT_XML_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def collapse(identifier: str) -> str:
    """TWSS's white-space rule for ids: trimmed, and every run of XML's blanks inside becomes one space."""
    return _BLANKS.sub(" ", identifier).strip(" ")
