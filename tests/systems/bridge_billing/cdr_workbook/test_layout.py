"""A layout is checked completely before any file is read through it."""

from pathlib import Path

import pytest

import usage_service.systems.bridge_billing.cdr_workbook as package
from usage_service.errors import ConfigurationError
from usage_service.systems.bridge_billing.cdr_workbook.layout import NEEDED, parse_layout, shipped_layout

PGI = (Path(package.__file__).parent / "layouts" / "pgi.toml").read_text(encoding="utf-8")


def test_shipped_layout_maps_all_needed_fields() -> None:
    layout = shipped_layout("pgi")
    assert (layout.label, layout.service) == ("pgi/1", "pgi")
    assert set(NEEDED) <= set(layout.columns)


def test_unknown_layout_name_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="no shipped layout webex"):
        shipped_layout("webex")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('decimal_separator = "."', 'decimal_separator = ";"', "decimal_separator must be"),
        ('decimal_separator = "."', 'decimal_separator = ","', "group_separators must not hold"),
        ('duration_unit = "minutes"', 'duration_unit = "hours"', "duration_unit must be one of"),
        ('default_currency = "SEK"', 'default_currency = "kr"', "ISO 4217"),
        ('time_zone = "Europe/Stockholm"', 'time_zone = "Mars/Olympus"', "no time zone Mars/Olympus"),
        ('time_zone = "Europe/Stockholm"', 'time_zone = "../etc"', "no time zone"),
        ("version = 1", 'version = "1"', "version has the wrong type"),
        ("version = 1", "version = true", "version has the wrong type"),
        ("version = 1", "versoin = 1", "unknown setting versoin"),
        ("quote = '\"'", "quotes = 1", "unknown setting csv.quotes"),
        ('name = "pgi"', "", "name"),
        ('end = ["end time"]', 'finish = ["end time"]', "field that does not exist"),
        ('end = ["end time"]', 'end = ["START  time"]', "listed for two columns"),
        (
            'amount = ["total charge"',
            'tax_amount = ["total charge"',
            "columns client_id, amount, start are needed",
        ),
        ("subtotal_pattern = '(", "subtotal_pattern = '((", "regular expressions"),
        ('name = "pgi"', "name = ", "Invalid value"),
    ],
)
def test_layout_mistake_is_rejected_by_name(old: str, new: str, problem: str) -> None:
    assert old in PGI
    with pytest.raises(ConfigurationError, match=problem):
        parse_layout(PGI.replace(old, new))


def test_edited_layout_has_new_identity() -> None:
    edited = parse_layout(PGI.replace("id_pad_width = 0", "id_pad_width = 7"))
    assert edited.label == shipped_layout("pgi").label
    assert edited.identity != shipped_layout("pgi").identity == parse_layout(PGI).identity


def test_no_total_rows_without_patterns() -> None:
    lines = [line for line in PGI.splitlines() if "total_pattern" not in line]
    layout = parse_layout("\n".join(lines))
    assert not layout.total.fullmatch("total")
    assert not layout.subtotal.fullmatch("")
