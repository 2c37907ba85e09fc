"""Mends rows of a file that could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from numbers_app.files.columns import COLUMNS
from numbers_app.files.rows import BadRow, read_mended
from numbers_app.files.tables import fault_of, tidy
from numbers_app.models import RejectedRow
from numbers_app.models.storing import storable_json
from numbers_app.purchasing.drafting import Added, locked_draft
from numbers_app.purchasing.mending import mend_row


def mend(row: RejectedRow, typed: Mapping[str, str], *, actor: Any) -> Added | None:
    """Make lines of the row as it was typed anew; None where it is still bad: then it keeps what was typed.

    Raises `NotDrafted`, `TooManyLines`, and `RejectedRow.DoesNotExist` where somebody was faster.
    """
    errors = {name: fault for name, fault in ((name, fault_of(text)) for name, text in typed.items()) if fault}
    tidied = {name: tidy(text) for name, text in typed.items()}
    unknown = {name: text for name, text in row.cells.items() if name not in COLUMNS}
    cells = {name: tidied[name] for name in COLUMNS if tidied.get(name)} | unknown
    try:
        wishes = read_mended(cells, row=row.row, errors=errors, user=actor)
        added = mend_row(row.pk, wishes, actor=actor)
    except BadRow as bad:
        keep_typed(row, cells, bad.errors)
        return None
    if not added.count:
        keep_typed(row, cells, {"phone_number": _("The order has this number already.")})
        return None
    return added


@transaction.atomic
def keep_typed(row: RejectedRow, cells: Mapping[str, str], errors: Mapping[str, str]) -> None:
    locked_draft(row.part.order_id)
    row.cells, row.errors = storable_json(cells), dict(errors)
    if not RejectedRow.objects.filter(pk=row.pk).update(cells=row.cells, errors=row.errors):
        raise RejectedRow.DoesNotExist
