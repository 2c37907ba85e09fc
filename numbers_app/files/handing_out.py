"""Files that people fill in or mend: the template, and the rows that could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from numbers_app.files.columns import COLUMNS, ERROR
from numbers_app.files.tables import COMMENT
from numbers_app.files.writing import Row, csv_rows, pieces_of, xlsx_file
from numbers_app.models import RejectedRow

AT_ONCE = 500  # rows from the database


def template_pieces(kind: str) -> Iterator[bytes]:
    """An empty file with all columns, which also says what belongs in them."""
    if kind == "csv":
        return csv_rows(list(COLUMNS), ([f"{COMMENT}{column.name}: {column.about}"] for column in COLUMNS.values()))
    notes: list[Row] = [[_("Column"), _("What belongs in it"), _("A number that is given"), _("Any of a kind")]]
    notes += [[column.name, str(column.about), *column.example] for column in COLUMNS.values()]
    return pieces_of(xlsx_file(list(COLUMNS), (), title=_("Order"), notes=notes))


def rejected_header(rows: QuerySet[RejectedRow]) -> list[str]:
    """The columns that these rows have, and one for their errors."""
    there: dict[str, None] = {}
    for cells, errors in rows.values_list("cells", "errors").iterator(chunk_size=AT_ONCE):
        there |= dict.fromkeys((*cells, *errors))
    known = [name for name in COLUMNS if name in there]
    unknown = [name for name in there if name and name not in COLUMNS]
    return [*known, *unknown, ERROR]


def rejected_rows(rows: QuerySet[RejectedRow], header: Sequence[str]) -> Iterator[Sequence[Any]]:
    for cells, errors in rows.values_list("cells", "errors").iterator(chunk_size=AT_ONCE):
        yield [*(cells.get(name, "") for name in header[:-1]), words_of(errors)]


def words_of(errors: Mapping[str, str]) -> str:
    return " ".join(f"{name}: {words}" if name else words for name, words in errors.items())
