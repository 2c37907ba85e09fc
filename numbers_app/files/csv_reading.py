"""Reads CSV in the encodings and with the separators that spreadsheets and their exports use."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from numbers_app.files.tables import MOST_COLUMNS, FileRefused, RawRow, Table, table_of

SEPARATORS = ",;\t|"
LOOKED_AT = 4096  # characters from which the separator and the encoding are guessed
NAMED_SEPARATOR = re.compile(r"^\"?sep=(.)\"?(?:\r\n|\r|\n)", re.IGNORECASE)  # Excel's own first line
QUOTED = re.compile(r'"(?:[^"]|"")*"')
NOT_IN_TEXT = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
BINARY = 0.05  # of its characters are control characters


def read_csv(content: bytes) -> Table:
    """Raises `FileRefused`."""
    text, words = decoded(content)
    refuse_binary(text)
    named = NAMED_SEPARATOR.match(text)
    separator = named.group(1) if named else likely_separator(text)
    if separator in '"\r\n' or separator.isalnum():
        raise FileRefused(_("The first line names a separator that can't be one: “%(mark)s”.") % {"mark": separator})
    rows = csv_rows(text[named.end() :] if named else text, separator, first=2 if named else 1)
    return table_of(rows, words=words)


def decoded(content: bytes) -> tuple[str, list[str]]:
    """The text, and what the reader should know of its encoding."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return strictly_decoded(content, encoding), []
    encoding = unmarked_utf16(content)
    if encoding:
        return strictly_decoded(content, encoding), []
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        return strictly_decoded(content, "windows-1252"), [
            _("The file is not in UTF-8; it was read as Windows-1252. If accents look wrong, save it as “CSV UTF-8”.")
        ]


def strictly_decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused(
            _("The letters of this file can't be read: it is in no known encoding, or damaged. Save it as “CSV UTF-8”.")
        ) from None


def unmarked_utf16(content: bytes) -> str:
    """UTF-16 without its mark: of most characters, every other byte is zero."""
    start = content[:LOOKED_AT]
    half = len(start) // 2
    if half and start[1::2].count(0) > 0.4 * half and start[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if half and start[::2].count(0) > 0.4 * half and start[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return ""


def refuse_binary(text: str) -> None:
    start = text[:LOOKED_AT]
    strange = len(NOT_IN_TEXT.findall(start)) + start.count("\x00")
    if strange > 1 and strange > BINARY * len(start):
        raise FileRefused(_("This is neither CSV nor XLSX. Save the table as one of them."))


def likely_separator(text: str) -> str:
    """What stands most often between the words of the first line that is not blank."""
    first = next((line for line in QUOTED.sub("", text[:LOOKED_AT]).splitlines() if line.strip(" ,;|\t")), "")
    return max(SEPARATORS, key=first.count)


def csv_rows(text: str, separator: str, *, first: int) -> Iterator[RawRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = first
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileRefused(words_for(error, row=number)) from None
        if cells is None:
            return
        yield RawRow(number=number, cells=without_empty_end(cells))
        number += 1


def words_for(error: csv.Error, *, row: int) -> str:
    if "field larger" in str(error):
        return _("Row %(row)s has a cell that is far too long. Is a quotation mark not closed?") % {"row": row}
    return _('Row %(row)s: a quotation mark is not closed, or stands within a text. Write it twice (“""”) there.') % {
        "row": row
    }


def without_empty_end(cells: list[str]) -> list[str]:
    """A row that ends in many separators is as long as what is in it."""
    if len(cells) > MOST_COLUMNS:
        while cells and not cells[-1].strip():
            cells.pop()
    return cells
