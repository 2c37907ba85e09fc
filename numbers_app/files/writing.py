"""Writes spreadsheets row by row: however many rows there are, only a few of them are in memory."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from numbers_app.files.guarding import guarded

BYTE_ORDER_MARK = "\ufeff"  # without it, Excel shows accents as garbage
CHUNK = 64 * 1024  # bytes, more or less, in one piece
LONGEST_CELL = 32_767  # characters that XLSX has room for
CARRIAGE_RETURN = "_x000D_"  # how XLSX writes one; XML itself would turn it into a line feed
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Row = Sequence[Any]


def file_pieces(header: Row, rows: Iterable[Row], kind: str) -> Iterator[bytes]:
    """A file of that kind ("csv" or "xlsx"), piece by piece."""
    return csv_rows(header, rows) if kind == "csv" else pieces_of(xlsx_file(header, rows))


def csv_rows(header: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """CSV in UTF-8, piece by piece; text that a spreadsheet would take for a formula gets an apostrophe."""
    buffer = StringIO()
    buffer.write(BYTE_ORDER_MARK)
    writer = csv.writer(buffer)
    writer.writerow(map(csv_text, header))
    for row in rows:
        writer.writerow(map(csv_text, row))
        if buffer.tell() >= CHUNK:
            yield taken_from(buffer)
    yield taken_from(buffer)


def taken_from(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def csv_text(value: Any) -> str:
    if value is None:
        return ""
    return guarded(value.replace("\x00", "")) if isinstance(value, str) else str(value)


def xlsx_file(header: Row, rows: Iterable[Row], *, notes: Sequence[Row] = (), title: str = "") -> IO[bytes]:
    """An open temporary file with an XLSX workbook, at its beginning; ``notes`` make a second sheet.

    Texts are typed as text, whatever they begin with; whole numbers and amounts are numbers.
    """
    book = Workbook(write_only=True)
    fill_sheet(book.create_sheet(title or None), [header], rows)
    if notes:
        fill_sheet(book.create_sheet(), notes, ())
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
    book.save(file)
    file.seek(0)
    return file


def fill_sheet(sheet: WriteOnlyWorksheet, *blocks: Iterable[Row]) -> None:
    for block in blocks:
        for row in block:
            sheet.append([xlsx_cell(sheet, value) for value in row])


def xlsx_cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    cell = WriteOnlyCell(sheet, value=xlsx_text(str(value)))
    cell.data_type = TYPE_STRING  # openpyxl takes "=1+1" for a formula and "#N/A" for an error
    return cell


def xlsx_text(text: str) -> str:
    return NOT_IN_XML.sub("", text).replace("\r", CARRIAGE_RETURN)[:LONGEST_CELL]


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """The file's content; it is closed when it was read, or when nobody reads on."""
    with file:
        while piece := file.read(CHUNK):
            yield piece
