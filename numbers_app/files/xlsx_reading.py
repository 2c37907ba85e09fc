"""Reads the first sheet of an XLSX workbook, after its archive was found to be no bomb."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

from numbers_app.files.tables import KEPT_DIGITS, LAST_ROW, MOST_COLUMNS, FileRefused, RawRow, Table, table_of

MOST_ENTRIES = 1000  # files in the archive
MOST_UNPACKED = 60 * 1024 * 1024  # bytes
MOST_TAGS = 2_000_000  # 10,000 rows of 18 cells have 1,440,000
MOST_MERGED = 10_000
PIECE = 256 * 1024
TAIL = 128  # bytes that a tag may reach back into the piece before
ENTRY = b"PK\x01\x02"  # before each file's name in an archive's directory
ENCRYPTED = 0x1
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")
CARRIAGE_RETURN = "_x000D_"
# What openpyxl and the standard library raise at an archive or at XML that is not what it claims to be.
BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException, LookupError, ValueError, TypeError,
    AttributeError, ArithmeticError, OSError, EOFError, NotImplementedError, AssertionError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What of the first sheet the values alone don't tell."""

    book: Any
    has_formulas: bool
    merged: dict[tuple[int, int], str]
    """The cells that others have swallowed, and the range."""


def read_xlsx(content: bytes) -> Table:
    """Raises `FileRefused`."""
    try:
        refuse_bomb(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which play no part here
            return table_of(xlsx_rows(content))
    except FileRefused:
        raise
    except BROKEN:
        raise FileRefused(_("This workbook is damaged, or no XLSX file. Open it, and save it anew.")) from None


def refuse_bomb(content: bytes) -> None:
    """By what the archive declares, and by what really comes out of it."""
    if content.count(ENTRY) > MOST_ENTRIES:
        raise FileRefused(_("This workbook is packed from more files than a spreadsheet has."))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if any(entry.flag_bits & ENCRYPTED for entry in entries):
            raise FileRefused(_("This workbook is protected by a password. Save it without one."))
        refuse_size(sum(entry.file_size for entry in entries))
        unpacked = tags = 0
        for entry in entries:
            with archive.open(entry) as file:
                while piece := file.read(PIECE):
                    unpacked += len(piece)
                    tags += piece.count(b"<")
                    refuse_size(unpacked, tags)


def refuse_size(unpacked: int, tags: int = 0) -> None:
    if unpacked > MOST_UNPACKED or tags > MOST_TAGS:
        raise FileRefused(
            _("This workbook is too big once unpacked. Copy the table alone into a new workbook, or save it as CSV.")
        )


def xlsx_rows(content: bytes) -> Iterator[RawRow]:
    sheet = first_sheet(content)
    values = sheet_rows(sheet.book)
    formulas = sheet_rows(load(content, data_only=False)) if sheet.has_formulas else None
    for number, row in enumerate(islice(values, LAST_ROW), start=1):  # it may claim to have a row 1,000,000,000,000
        asked = next(formulas, ()) if formulas else ()
        if row.count(None) < len(row) or asked.count(None) < len(asked):
            yield raw_row(number, row, asked, sheet.merged)


def load(content: bytes, *, data_only: bool) -> Any:
    return load_workbook(io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False)


def first_sheet(content: bytes) -> Sheet:
    book = load(content, data_only=True)
    if not book.worksheets:
        raise FileRefused(_("This workbook has no sheet with cells."))
    path = book.worksheets[0]._worksheet_path  # noqa: SLF001 - in this mode openpyxl reads no merged cells
    has_formulas, ranges, tail = False, [], b""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(path) as file:
        while piece := file.read(PIECE):
            has_formulas = has_formulas or FORMULA.search(tail + piece) is not None
            found = MERGED.finditer(tail + piece)
            ranges += [[part.decode() for part in match.groups()] for match in found if match.end() > len(tail)]
            tail = piece[-TAIL:]
    return Sheet(book=book, has_formulas=has_formulas, merged=swallowed(ranges))


def swallowed(ranges: list[list[str]]) -> dict[tuple[int, int], str]:
    """Every cell of these ranges but the first, which alone keeps a value."""
    cells: dict[tuple[int, int], str] = {}
    for left, top, right, bottom in ranges:
        name = f"{left}{top}:{right}{bottom}"
        columns = range(column_index_from_string(left), column_index_from_string(right) + 1)
        rows = range(int(top), int(bottom) + 1)
        if len(rows) * len(columns) + len(cells) > MOST_MERGED:
            raise FileRefused(_("Cells %(range)s are merged. Unmerge them, and fill in each.") % {"range": name})
        cells |= {(row, column): name for row in rows for column in columns}
        cells.pop((int(top), columns[0]), None)
    return cells


def sheet_rows(book: Any) -> Iterator[tuple[Any, ...]]:
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # a file may claim fewer rows than it has
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
    return rows


def raw_row(number: int, values: tuple[Any, ...], asked: tuple[Any, ...], merged: dict[tuple[int, int], str]) -> RawRow:
    cells, faults = [], {}
    for position, value in enumerate(values):
        text, fault = text_of(value)
        if value is None and position < len(asked) and asked[position] is not None:
            fault = _("There is a formula here, and the file does not hold its value. Paste the values alone.")
        cells.append(text)
        if fault:
            faults[position] = fault
    while cells and not cells[-1] and len(cells) - 1 not in faults:
        cells.pop()
    if cells:
        add_merged(faults, cells, number, merged)
    return RawRow(number=number, cells=cells, faults=faults)


def add_merged(faults: dict[int, str], cells: list[str], number: int, merged: dict[tuple[int, int], str]) -> None:
    if not merged:
        return
    for position in range(MOST_COLUMNS):
        name = merged.get((number, position + 1))
        if name:
            cells.extend([""] * (position + 1 - len(cells)))
            words = _("Cells %(range)s are merged, and only the first has the value. Unmerge them, and fill in each.")
            faults[position] = words % {"range": name}


def text_of(value: Any) -> tuple[str, str]:
    """A cell's text, and what is wrong with it."""
    if value is None:
        return "", ""
    if isinstance(value, str):
        return value.replace(CARRIAGE_RETURN, "\r"), ""
    if isinstance(value, bool):
        return ("true" if value else "false"), ""
    if isinstance(value, float):
        return text_of_float(value)
    if isinstance(value, datetime | date | time | timedelta):
        text = str(value).removesuffix(" 00:00:00")
        words = _("The spreadsheet has made a date of this (%(text)s). Format the column as text, and type it again.")
        return text, words % {"text": text}
    return str(value), ""


def text_of_float(value: float) -> tuple[str, str]:
    if not value.is_integer():
        return repr(value), ""
    text = f"{value:.0f}"
    lost = len(text.lstrip("-")) > KEPT_DIGITS
    words = _("The spreadsheet keeps 15 digits of a number; the rest is lost. Format the column as text.")
    return text, words if lost else ""
