"""What a spreadsheet holds once it was read: a header and rows of text, counted as a spreadsheet counts them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from numbers_app.files.guarding import unguarded
from numbers_app.formatting import show_count

MOST_ROWS = 10_000  # with data, in one file
MOST_COLUMNS = 100
LONGEST_CELL = 500
LAST_ROW = 1_048_576  # that a spreadsheet has
COMMENT = "# "  # begins a row of one cell that is for people, as in our own template
SHOWN = 40  # characters of a text in an error
SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)", re.IGNORECASE)
DECIMAL = re.compile(r"\+?\d+\.\d+(?:[eE]\+?\d{1,3})?|\+?\d+[eE]\+?\d{1,3}", re.ASCII)
KEPT_DIGITS = 15  # of a number; a spreadsheet turns the digits after these into zeros


class FileRefused(ValueError):
    """Why a file can't be used at all, in words for the person who chose it."""


class CellFault(ValueError):
    """What is wrong with one cell, in words for the person who filled it in."""


@dataclass(frozen=True, kw_only=True)
class RawRow:
    """A row as it stands in the file; ``faults`` are the cells, by position, that could not be read as text."""

    number: int
    cells: Sequence[str]
    faults: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not self.faults and not any(map(str.strip, self.cells))

    @property
    def is_comment(self) -> bool:
        return bool(self.cells) and self.cells[0].startswith(COMMENT) and not any(self.cells[1:])


@dataclass(frozen=True, kw_only=True)
class Table:
    """The first row that is not blank, the others, and what the reader should know of how they were read."""

    header: Sequence[str]
    rows: Sequence[RawRow]
    words: Sequence[str] = ()


def table_of(raw_rows: Iterable[RawRow], *, words: Sequence[str] = ()) -> Table:
    """Raises `FileRefused` where there is nothing in it, or too much."""
    filled = (cleaned(raw) for raw in raw_rows if not raw.is_blank and not raw.is_comment)
    header = next(filled, None)
    if header is None:
        raise FileRefused(_("There is nothing in this file."))
    rows: list[RawRow] = []
    for row in filled:
        if len(rows) == MOST_ROWS:
            raise FileRefused(
                _("This file has more than %(most)s rows. Divide it, and add one part after the other.")
                % {"most": show_count(MOST_ROWS)}
            )
        rows.append(row)
    if not rows:
        raise FileRefused(_("This file has a header, but no rows below it."))
    return Table(header=header.cells, rows=rows, words=words)


def cleaned(raw: RawRow) -> RawRow:
    """The row with tidy texts, and the faults that any text can have."""
    if len(raw.cells) > MOST_COLUMNS:
        raise FileRefused(
            _("Row %(row)s has more than %(most)s cells. Does the file use a separator that is not one?")
            % {"row": raw.number, "most": MOST_COLUMNS}
        )
    faults = dict(raw.faults)
    cells = []
    for position, text in enumerate(raw.cells):
        fault = fault_of(text)
        if fault:
            faults.setdefault(position, fault)
        cells.append(tidy(text) if text else text)
    return RawRow(number=raw.number, cells=cells, faults=faults)


def fault_of(text: str) -> str:
    if len(text) > LONGEST_CELL:
        return _("This has %(count)s characters; a cell may have %(most)s. The rest was cut off.") % {
            "count": show_count(len(text)),
            "most": LONGEST_CELL,
        }
    if "\x00" in text:
        return _("There was a NUL character in this cell; it was left out.")
    if text.startswith("#") and SPREADSHEET_ERROR.fullmatch(text.strip()):
        return _("The spreadsheet shows the error %(error)s here.") % {"error": text.strip()}
    return ""


def tidy(text: str) -> str:
    return unguarded(text.replace("\x00", "")[:LONGEST_CELL]).strip()


def as_digits(text: str) -> str:
    """A number as a person would write it, where a spreadsheet has written it as 18305551234.0 or 1.8305551234E+10.

    Raises `CellFault` where digits are lost; any other text stays as it is.
    """
    if not DECIMAL.fullmatch(text):
        return text
    number = Decimal(text)
    whole = number == number.to_integral_value()
    if "e" in text.lower() and (is_cut(text) or not whole):
        raise CellFault(
            _("The spreadsheet has cut digits off: “%(text)s”. Format the column as text, and fill it in again.")
            % {"text": shortened(text)}
        )
    sign = "+" if text.startswith("+") else ""
    return f"{sign}{number:f}".partition(".")[0] if whole else text


def is_cut(text: str) -> bool:
    """Whether fewer digits are written than the number has: those that lack would be read as zeros."""
    mantissa, _e, exponent = text.lower().partition("e")
    whole, _point, fraction = mantissa.lstrip("+").partition(".")
    return len(fraction) < int(exponent) or len(whole) + int(exponent) > KEPT_DIGITS


def key_of(text: str) -> str:
    """A word without its case, accents and punctuation: "Teléfono *" is telefono."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
