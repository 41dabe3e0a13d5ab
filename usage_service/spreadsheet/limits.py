"""How much of a file we are willing to open, judged before anything is unpacked."""

from collections.abc import Set
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipFile

from usage_service.errors import UnreadableFile

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Sizes in bytes unless said otherwise. The defaults hold a sheet of 1,048,576 rows of 20 columns."""

    file: int = 200 * MEBIBYTE
    unpacked: int = 4096 * MEBIBYTE  # all parts of a zip; sheets are streamed, so this is time, not memory
    in_memory_part: int = 128 * MEBIBYTE  # any part that is not streamed: shared strings, the workbook, …
    ratio: int = 500  # unpacked : packed of one part over a mebibyte; ordinary sheets stay under 60
    parts: int = 10_000  # number of parts
    columns: int = 1024  # widest row taken
    rows: int = 1_048_576  # longest sheet taken (the most Excel can hold)


def check_file(file: BinaryIO, limits: Limits) -> None:
    """Refuse a file that is too large as it lies there, or empty."""
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise UnreadableFile("it is empty")
    if size > limits.file:
        raise UnreadableFile(f"it has {size} bytes, at most {limits.file} are taken")


def check_archive(archive: ZipFile, limits: Limits) -> None:
    """Refuse a zip whose directory announces more than we unpack; zipfile never unpacks beyond it."""
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise UnreadableFile(f"it has {len(parts)} parts, at most {limits.parts} are taken")
    if len({part.filename for part in parts}) != len(parts):
        raise UnreadableFile("two of its parts have the same name")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked:
        raise UnreadableFile(f"it unpacks to {unpacked} bytes, at most {limits.unpacked} are taken (zip bomb?)")
    for part in parts:
        if part.file_size > MEBIBYTE and part.file_size > limits.ratio * max(part.compress_size, 1):
            raise UnreadableFile(f"part {part.filename} unpacks to more than {limits.ratio} times its size (zip bomb?)")


def check_memory(archive: ZipFile, streamed: Set[str], limits: Limits) -> None:
    """Refuse a zip with a large part that would have to be held in memory."""
    for part in archive.infolist():
        if part.file_size > limits.in_memory_part and part.filename not in streamed:
            raise UnreadableFile(f"part {part.filename} has {part.file_size} bytes (zip bomb?)")
