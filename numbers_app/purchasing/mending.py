"""Rows of a file that could not be read: mended into lines, or left out for good."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from numbers_app.models import (
    OrderHappening,
    OrderPart,
    RejectedRow,
)
from numbers_app.purchasing.drafting import (
    Added,
    Wish,
    changed,
    locked_draft,
    note,
    refuse_too_many,
    without_known,
    write_lines,
    written,
)


@transaction.atomic
def mend_row(rejected_row_id: int, wishes: Sequence[Wish], *, actor: Any) -> Added:
    """Put the lines of a row that was mended into its part, in the rejected row's place.

    Raises `NotDrafted`, `TooManyLines`, and `RejectedRow.DoesNotExist` where somebody was faster.
    """
    part_of_row = RejectedRow.objects.select_related("part").get(pk=rejected_row_id).part
    order = locked_draft(part_of_row.order_id)
    row = RejectedRow.objects.get(pk=rejected_row_id)  # under the order's lock: a second click finds it gone
    fresh, there_already = without_known(order, wishes)
    refuse_too_many(order, len(fresh))
    if fresh:
        write_lines(part_of_row, fresh)
        row.delete()
        changed(order, because=f"Row {row.row} of {written(part_of_row)} mended.", actor=actor)
    return Added(part=part_of_row, count=len(fresh), there_already=there_already)


@transaction.atomic
def dismiss_rows(part: OrderPart, *, actor: Any, rows: Collection[int] | None = None) -> int:
    """Leave rejected rows (all of the part's, or those with these keys) out for good. Raises `NotDrafted`."""
    order = locked_draft(part.order_id)
    chosen = part.rejected_rows.all() if rows is None else part.rejected_rows.filter(pk__in=rows)
    count, _tables = chosen.delete()
    if count:
        note(order, OrderHappening.CHANGED, because=f"{count} rejected rows of {written(part)} left out.", actor=actor)
    return count
