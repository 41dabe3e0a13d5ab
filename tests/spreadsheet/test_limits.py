"""A file that would unpack to more than it may is refused before it is unpacked."""

import io
import re
from zipfile import ZipFile

import pytest

from tests.spreadsheet.building import CONTENT, SheetParts, texts, xlsx
from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.limits import Limits
from usage_service.spreadsheet.reading import open_workbook

SHEET = SheetParts("CDR", [texts("a", "b"), texts("c", "d")])
GOOD = xlsx(SHEET)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (Limits(file=100), "at most 100 are taken"),
        (Limits(unpacked=1000), "unpacks to"),
        (Limits(parts=3), "at most 3 are taken"),
        (Limits(in_memory_part=400), r"part .* has \d+ bytes"),
    ],
)
def test_file_over_limit_is_rejected(limits: Limits, problem: str) -> None:
    with pytest.raises(UnreadableFile, match=problem):
        open_workbook(io.BytesIO(GOOD), limits=limits)


@pytest.mark.parametrize("limits", [Limits(columns=1), Limits(rows=1)])
def test_sheet_over_limit_rejected_while_reading(limits: Limits) -> None:
    for content in (GOOD, b"a,b\nc,d\n"):
        (sheet,) = open_workbook(io.BytesIO(content), limits=limits).sheets
        with pytest.raises(UnreadableFile, match=r"at most|beyond"):
            list(sheet.rows())


def test_zip_not_unpacked_beyond_declared_size() -> None:
    content = bytearray(GOOD)
    sizes = [part.file_size for part in ZipFile(io.BytesIO(GOOD)).infolist() if "sheet1" in part.filename]
    for found in re.finditer(re.escape(sizes[0].to_bytes(4, "little")), GOOD):
        content[found.start() : found.end()] = (20).to_bytes(4, "little")
    with pytest.raises(UnreadableFile, match="damaged"):
        list(open_workbook(io.BytesIO(bytes(content))).sheets[0].rows())


def test_duplicate_part_names_are_rejected() -> None:
    file = io.BytesIO(GOOD)
    with ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(UnreadableFile, match="same name"):
        open_workbook(file)


def test_part_disguised_as_sheet_keeps_memory_limit() -> None:
    disguise = '<Override PartName="/xl/sharedStrings.xml" ContentType="{}.worksheet+xml"/></Types>'
    with ZipFile(io.BytesIO(GOOD)) as archive:
        types = archive.read("[Content_Types].xml").decode().replace("</Types>", disguise.format(CONTENT))
    content = xlsx(SHEET, strings=["<t>" + "x" * 2000 + "</t>"], parts={"[Content_Types].xml": types})
    with pytest.raises(UnreadableFile, match=r"part xl/sharedStrings.xml has \d+ bytes"):
        open_workbook(io.BytesIO(content), limits=Limits(in_memory_part=1900))
