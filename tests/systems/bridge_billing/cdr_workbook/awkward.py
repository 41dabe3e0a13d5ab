"""Workbooks that are each awkward in one way; what becomes of them is in `data/`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from tests.spreadsheet.building import (
    CONTENT,
    EMPTY,
    STRICT,
    Cell,
    SheetParts,
    boolean,
    error,
    formula,
    number,
    shared,
    sheet_xml,
    text,
    texts,
    with_storage,
    xls,
    xlsx,
    zipped,
)
from usage_service.spreadsheet.delimited import Dialect
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout, shipped_layout

PGI = replace(shipped_layout("pgi"), time_zone="UTC")
COMMA = replace(PGI, decimal_separator=",", group_separators=" \N{NO-BREAK SPACE}.")
STOCKHOLM = replace(PGI, time_zone="Europe/Stockholm")
CLOCK = replace(PGI, duration_unit="clock")
HEADINGS = ("Client ID", "Start Time", "Total Charge", "Conf ID", "Note")
REFERENCE = (
    ("0012345", "2012-10-05", "100.10"),
    ("0012345", "2012-10-20", "50.05"),
    ("0012345", "2012-10-31", "0.005"),
    ("777", "2012-10-07", "12.34"),
    ("999", "2012-10-08", "5.00"),
)
GOOD = texts("777", "2012-10-07", "12.34")


class Case(NamedTuple):
    """A file and the layout it is read through."""

    content: bytes
    layout: Layout = PGI


def sheet(*rows: Sequence[Cell], headings: Sequence[str] = HEADINGS) -> SheetParts:
    """One visible sheet with the usual headings."""
    return SheetParts("CDR", [texts(*headings), *rows])


def book(*rows: Sequence[Cell], headings: Sequence[str] = HEADINGS, layout: Layout = PGI) -> Case:
    """A workbook with that one sheet."""
    return Case(xlsx(sheet(*rows, headings=headings)), layout)


def amounts(*cells: Cell, layout: Layout = PGI) -> Case:
    """Lines that differ only in their amount."""
    return book(*([text("777"), text("2012-10-07"), cell] for cell in cells), layout=layout)


def ids(*cells: Cell, layout: Layout = PGI) -> Case:
    """Lines that differ only in their id."""
    return book(*([cell, text("2012-10-07"), number("1")] for cell in cells), layout=layout)


def starts(*cells: Cell, layout: Layout = PGI) -> Case:
    """Lines that differ only in their start."""
    return book(*([text("777"), cell, number("1")] for cell in cells), layout=layout)


def csv(content: str, encoding: str = "utf-8", layout: Layout = PGI) -> Case:
    """A delimited file."""
    return Case(content.encode(encoding), layout)


def numbers() -> dict[str, Case]:
    """Ids and amounts."""
    return {
        "reference": book(*(texts(*row) for row in REFERENCE)),
        "ids_with_leading_zeros": ids(text("0012345"), text("12345"), text(" 0012345 "), text("00")),
        "ids_that_lost_their_zeros": ids(number("12345"), text("12345")),
        "ids_padded_by_the_layout": ids(
            number("12345"), text("12345"), number("12345678"), layout=replace(PGI, id_pad_width=7)
        ),
        "ids_too_long_for_a_number": ids(number("123456789012345"), number("1234567890123456"), number("1.2E+17")),
        "ids_that_are_no_ids": ids(number("12.5"), boolean("1"), error("#N/A"), number("-3")),
        "ids_with_invisible_characters": ids(
            text("777\N{ZERO WIDTH SPACE}"), text("7\n77"), text("\N{NO-BREAK SPACE}777")
        ),
        "amounts_with_seventeen_digits": amounts(
            number("50.049999999999997"),
            number("0.30000000000000004"),
            number("1.1000000000000001"),
            number("100.1"),
        ),
        "amounts_in_scientific_notation": amounts(
            number("1.2E-3"), number("1.5E2"), number("5E+307"), number("1E+400")
        ),
        "amounts_with_too_many_decimals": amounts(
            number("0.12345"), text("0.12345"), number("0.1234"), text("0.12340")
        ),
        "amounts_as_text_with_point": amounts(text("1,234.56"), text("1234.5"), text("-7"), text("\N{MINUS SIGN}7.25")),
        "amounts_as_text_with_comma": amounts(
            text("1 234,56"),
            text("1\N{NO-BREAK SPACE}234,56"),
            text("1.234,56"),
            number("1234.56"),
            layout=COMMA,
        ),
        "amounts_in_the_other_convention": amounts(text("1 234,56"), text("1.234,56"), text("12,5"), text("1,234")),
        "amounts_with_misplaced_groups": amounts(text("12,34.5"), text("1,2345"), text(",123"), text("1,,234")),
        "amounts_that_are_no_numbers": amounts(
            text("kr 5"), text("5 kr"), text("(5.00)"), text("n/a"), text("1e3"), boolean("1")
        ),
        "amounts_in_digits_of_another_script": amounts(text("\u0661\u0662"), text("\uff11\uff12")),
        "amounts_missing": amounts(EMPTY, text("   "), number("")),
        "credits": amounts(number("-12.34"), text("-0.01"), number("12.35")),
    }


def times() -> dict[str, Case]:
    """Dates, times and durations."""
    clock = [*HEADINGS[:3], "Duration"]
    duration = partial(book, headings=clock)
    return {
        "dates_from_1900": starts(
            number("41187"), number("41187.604166666664"), number("1"), number("59"), number("61")
        ),
        "dates_from_1904": Case(xlsx(sheet([text("777"), number("39725.5"), number("1")]), date1904=True)),
        "dates_that_never_were": starts(
            number("60"), number("60.5"), number("-1"), number("20121007"), text("2012-02-30")
        ),
        "dates_as_text": starts(
            text("2012-10-07"), text("2012-10-07 14:30"), text("2012-10-07T14:30:00+0200"), text("07/10/2012")
        ),
        "dates_that_are_no_dates": starts(boolean("1"), error("#VALUE!"), text("October")),
        "hours_skipped_and_repeated": starts(
            text("2012-03-25 02:30"), text("2012-10-28 02:30"), text("2012-10-28 03:30"), layout=STOCKHOLM
        ),
        "dates_at_the_end_of_time": starts(
            number("2958465.999"), number("2958466"), text("0001-01-01"), layout=STOCKHOLM
        ),
        "durations_on_the_clock": duration(
            [*GOOD, text("0:45:30")], [*GOOD, number("0.03125")], [*GOOD, text("45 min")], layout=CLOCK
        ),
        "durations_in_seconds": duration([*GOOD, number("100")], layout=replace(PGI, duration_unit="seconds")),
        "durations_that_cannot_be_read": duration([*GOOD, text("long")], [*GOOD, error("#REF!")]),
    }


def shapes() -> dict[str, Case]:
    """Rows that are not lines, cells that hold no plain value."""
    title = SheetParts("CDR", [texts("PGi usage, October 2012"), [], texts(*HEADINGS), GOOD], merged=["A1:E1"])
    merged_down = sheet([text("777"), *GOOD[1:]], [EMPTY, *GOOD[1:]], [EMPTY, *GOOD[1:]])
    total = [text("Total"), EMPTY, number("24.68")]
    return {
        "title_above_the_headings": Case(xlsx(title)),
        "merged_titles_between_the_lines": book(
            texts("Department of Physics"), GOOD, texts("Department of History"), GOOD
        ),
        "cells_merged_downwards": Case(xlsx(merged_down._replace(merged=["A2:A4"]))),
        "headings_on_every_page": book(GOOD, texts(*HEADINGS), GOOD),
        "subtotals_and_a_total": book(GOOD, [text("Subtotal 777"), EMPTY, number("12.34")], GOOD, total),
        "a_total_that_disagrees": book(GOOD, GOOD, [EMPTY, text(""), number("1"), EMPTY, text("x")], total),
        "a_subtotal_that_repeats_the_id": book(GOOD, [text("777"), EMPTY, number("12.34"), text("Subtotal")]),
        "a_participant_called_total": book([*GOOD, EMPTY, text("Total Solutions")], [text("Total"), *GOOD[1:]]),
        "an_amount_without_anything_else": book(GOOD, [EMPTY, EMPTY, number("99.99")]),
        "blank_rows": book(GOOD, [], texts("", "", "  "), GOOD),
        "formulas_with_results": book([text("777"), formula("A1", "41187"), formula("B2*2", "12.34")]),
        "formulas_without_results": book(
            [*GOOD[:2], formula("B2*2")], [formula("A1"), *GOOD[1:]], [*GOOD, formula("1+1")]
        ),
        "formulas_with_empty_text": book([*GOOD[:2], ' t="str"|<f>""</f><v></v>']),
        "errors": book([*GOOD[:2], error("#REF!")], [error("#N/A"), *GOOD[1:]], [*GOOD, error("#NAME?")]),
        "rich_and_shared_text": Case(
            xlsx(
                sheet([shared(0), shared(1), ' t="inlineStr"|<is><r><t>12</t></r><r><t>.34</t></r></is>']),
                strings=[
                    "<r><t>00</t></r><r><t>777</t></r>",
                    "<t>2012-10-07</t><rPh sb='0' eb='1'><t>x</t></rPh>",
                ],
            )
        ),
        "cells_without_addresses": Case(xlsx(sheet(GOOD, GOOD), render=partial(sheet_xml, addressed=False))),
        "hidden_rows": Case(xlsx(sheet(GOOD, GOOD)._replace(hidden_rows=frozenset({2})))),
        "columns_nobody_mapped": book(
            [*GOOD, EMPTY, text("a"), text("b"), number("007"), text("Käse")],
            headings=[*HEADINGS, "Note", "", "Pass Code"],
        ),
        "pass_codes": book([*GOOD, text("123456")], headings=[*HEADINGS[:3], "PassCode"]),
        "headings_in_disguise": book(GOOD, headings=[" CLIENT\n id ", "start\N{NO-BREAK SPACE}TIME", "TotalCharge"]),
        "currencies": book(
            *([*GOOD, text(currency)] for currency in ("SEK", "EUR", "kr", "")),
            headings=[*HEADINGS[:3], "Currency"],
        ),
        "no_currency_at_all": book(GOOD, layout=replace(PGI, default_currency="")),
        "formula_injection": ids(text("=1+1"), text("@SUM(A1)"), text("+777"), text("-777")),
    }


def sheets() -> dict[str, Case]:
    """Which sheet is read, and when none can be."""
    lines = sheet(GOOD)
    other = SheetParts("Notes", [texts("Nothing to see")])
    return {
        "hidden_sheet_with_lines": Case(xlsx(lines._replace(name="Old", state="hidden"), lines, other)),
        "only_hidden_sheets": Case(xlsx(lines._replace(state="veryHidden"))),
        "two_sheets_that_would_do": Case(xlsx(lines, lines._replace(name="CDR (2)"))),
        "sheet_named_by_the_layout": Case(xlsx(lines, lines._replace(name="Nov")), replace(PGI, sheet="Nov")),
        "sheet_that_is_not_there": Case(xlsx(lines), replace(PGI, sheet="Nov")),
        "needed_column_missing": book(GOOD, headings=["Client ID", "Start Time", "Price"]),
        "two_columns_that_mean_the_same": book(GOOD, headings=["Client ID", "Start Time", "Amount", "Total Charge"]),
        "empty_sheet": Case(xlsx(SheetParts("CDR", []))),
        "headings_too_far_down": Case(xlsx(SheetParts("CDR", [*[[]] * 40, texts(*HEADINGS), GOOD]))),
        "headings_and_no_lines": book(),
    }


def dangerous() -> dict[str, Case]:
    """Files that are not safe, not whole, or not what they say."""
    good = sheet(GOOD)
    whole = xlsx(good)
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    bomb = f"<worksheet>{' ' * (64 << 20)}</worksheet>"
    backwards = sheet_xml(good).replace('<row r="2"', '<row r="1"')
    wide = sheet_xml(good).replace('r="C2"', 'r="XFD2"')
    first = "xl/worksheets/sheet1.xml"
    return {
        "macros": Case(xlsx(good, kind="sheet.macroEnabled", parts={"xl/vbaProject.bin": b"\0"})),
        "workbook_for_macros_without_any": Case(xlsx(good, kind="sheet.macroEnabled")),
        "excel_4_macros": Case(xlsx(good, parts={"xl/macrosheets/sheet9.xml": "<x/>"})),
        "zip_bomb": Case(xlsx(good, parts={first: bomb})),
        "entity_bomb": Case(xlsx(good, render=partial(sheet_xml, prolog=doctype))),
        "binary_workbook": Case(xlsx(good, parts={"xl/workbook.bin": b"\0"})),
        "strict_namespace": Case(xlsx(good, render=partial(sheet_xml, namespace=STRICT))),
        "document_not_workbook": Case(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"})),
        "plain_zip": Case(zipped({"readme.txt": "hello"})),
        "cut_short": Case(whole[: len(whole) // 2]),
        "sheet_cut_short": Case(xlsx(good, parts={first: sheet_xml(good)[:-40]})),
        "rows_backwards": Case(xlsx(good, parts={first: backwards})),
        "row_beyond_the_sheet": Case(
            xlsx(good, parts={first: sheet_xml(good).replace('<row r="2"', '<row r="9999999"')})
        ),
        "column_far_away": Case(xlsx(good, parts={first: wide})),
        "shared_text_that_is_not_there": Case(xlsx(sheet([shared(7), *GOOD[1:]]))),
        "web_page_called_xls": csv("<html><table><tr><td>Client ID</td></tr></table></html>"),
        "empty_file": Case(b""),
        "content_types_of_another_format": Case(
            xlsx(good, parts={"[Content_Types].xml": f"<Types xmlns='x'>{CONTENT}</Types>"})
        ),
    }


def old_excel() -> dict[str, Case]:
    """Excel 97-2003 files."""
    rows: list[list[str | float | bool]] = [
        list(HEADINGS[:3]),
        ["0012345", 41187.5, 50.05],
        [12345, 41187, 0.1],
    ]
    whole = xls(("CDR", rows, False))
    return {
        "xls": Case(whole),
        "xls_from_1904": Case(xls(("CDR", rows, False), dates_1904=True)),
        "xls_with_hidden_sheet": Case(xls(("Old", rows, True), ("CDR", rows, False))),
        "xls_with_other_cells": Case(
            xls(("CDR", [*rows, ["777", "2012-10-07", True], ["", "", ""], ["777", "2012-10-07", ""]], False))
        ),
        "xls_with_macros": Case(with_storage(whole, "_VBA_PROJECT_CUR")),
        "workbook_with_a_password": Case(with_storage(whole, "EncryptedPackage")),
        "xls_cut_short": Case(whole[:1500]),
    }


def delimited() -> dict[str, Case]:
    """Text files."""
    comma = replace(COMMA, csv=Dialect(delimiter=";"))
    head = "Client ID,Start Time,Total Charge,Note\n"
    return {
        "csv": csv(head + "".join(",".join(row) + ",\n" for row in REFERENCE)),
        "csv_with_byte_order_mark": csv("\ufeff" + head + "777,2012-10-07,1.00,x\n"),
        "csv_with_semicolons_and_commas": csv(
            "Client ID;Start Time;Amount\n0012345;2012-10-05;1 234,50\n", layout=comma
        ),
        "csv_with_line_breaks_in_cells": csv(
            head + '777,2012-10-07,1.00,"two\nlines"\n777,2012-10-07,2.00,"a ""b"""\n'
        ),
        "csv_with_ragged_rows": csv(head + "777,2012-10-07\n\n777,2012-10-07,1.00,x,y,z\n"),
        "csv_in_latin_1": csv(head + "777,2012-10-07,1.00,Käse\n", encoding="latin-1"),
        "csv_in_latin_1_as_configured": csv(
            head + "777,2012-10-07,1.00,Käse\n",
            encoding="latin-1",
            layout=replace(PGI, csv=Dialect(encoding="latin-1")),
        ),
        "csv_with_an_open_quote": csv(head + '777,2012-10-07,1.00,"open\n'),
        "csv_with_the_wrong_delimiter": csv(head.replace(",", ";") + "777;2012-10-07;1.00;x\n"),
        "csv_in_utf_16": csv(head, encoding="utf-16"),
    }


def cases() -> dict[str, Case]:
    """All of them, by name."""
    return {**numbers(), **times(), **shapes(), **sheets(), **dangerous(), **old_excel(), **delimited()}
