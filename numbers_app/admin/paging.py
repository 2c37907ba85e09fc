"""Pages of a list by key instead of by count: a page begins after a row, and costs the same wherever it is.

A page by count (``OFFSET``) reads all the rows before it, and shows rows twice or not at all while others are added.
Decision 12 says more.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from numbers_app.selectors import is_key

AFTER, BEFORE, LAST = "after", "before", "last"
POSITIONS = (AFTER, BEFORE, LAST)
Place = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Order:
    """The order of a list: columns that an index holds in this order, none empty, the last of them unique."""

    columns: tuple[str, ...]
    descending: bool = False

    @property
    def key(self) -> str:
        """What tells a row from all others. Where it is no ``id``, the index of the order need not hold that."""
        return self.columns[-1]

    @property
    def of_few(self) -> Order:
        """Keys are given in the order of time, and thousands of times are slow to read: few rows are sorted by key."""
        return replace(self, columns=("id",)) if self.columns == ("created_at", "id") else self

    def by(self, *, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [f"{sign}{column}" for column in self.columns]

    def beyond(self, place: Place, *, backwards: bool = False) -> Q:
        """The rows that come after a place, or before it; the first column alone is what an index can begin at."""
        sign = "lt" if self.descending != backwards else "gt"
        first, *rest = self.columns
        if not rest:
            return Q(**{f"{first}__{sign}": place[0]})
        [second] = rest
        tied = Q(**{first: place[0], f"{second}__{sign}": place[1]})
        return Q(**{f"{first}__{sign}e": place[0]}) & (Q(**{f"{first}__{sign}": place[0]}) | tied)


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a page begins: after a row, before one, at the end, or, with none of these, at the beginning."""

    after: int | None = None
    before: int | None = None
    last: bool = False

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Position:
        """From an address; what is no key is none."""
        after, before = (int(asked[name]) if is_key(asked.get(name, "")) else None for name in (AFTER, BEFORE))
        return cls(after=after, before=before if after is None else None, last=LAST in asked)

    @property
    def row(self) -> int | None:
        return self.before if self.after is None else self.after


@dataclass(frozen=True, kw_only=True)
class Page:
    """The keys of the rows of one page, in the order of the list, and whether there are others."""

    keys: Sequence[Any]
    has_previous: bool
    has_next: bool
    first_index: int | None = None
    """How many rows of the list stand before it, where that is known."""


def page_of_few(places: Sequence[Place], position: Position, place: Place | None, *, order: Order, size: int) -> Page:
    """A page of a list whose places are all known; each ends with the row's key."""
    ascending = sorted(places)
    many = len(ascending)
    in_order = ascending[::-1] if order.descending else ascending
    start = 0
    if position.last:
        start = many - size
    elif place is not None:
        lower, upper = bisect_left(ascending, place), bisect_right(ascending, place)
        before, through = (many - upper, many - lower) if order.descending else (lower, upper)
        start = through if position.after is not None else before - size
    # Past the end there is nothing; the last page is what is nearest.
    start = max(0, start if start < many else many - size)
    shown = in_order[start : start + size]
    return Page(
        keys=[found[-1] for found in shown], has_previous=start > 0, has_next=start + size < many, first_index=start
    )


def page_of_many(rows: QuerySet[Any], position: Position, place: Place | None, *, order: Order, size: int) -> Page:
    """A page of a list that is read from its place on, whatever else it holds."""
    if position.last:
        found, more = read(rows, order, size, backwards=True)
        return Page(keys=found, has_previous=more, has_next=False)
    if place is None:
        found, more = read(rows, order, size)
        return Page(keys=found, has_previous=False, has_next=more)
    backwards = position.after is None
    found, more = read(rows.filter(order.beyond(place, backwards=backwards)), order, size, backwards=backwards)
    if backwards:
        if not more and len(found) < size:  # a beginning of the list that is no whole page
            return page_of_many(rows, Position(), None, order=order, size=size)
        return Page(keys=found, has_previous=more, has_next=True)
    if not found:  # past the end, the last page is what is nearest
        return page_of_many(rows, Position(last=True), None, order=order, size=size)
    return Page(keys=found, has_previous=True, has_next=more)


def read(rows: QuerySet[Any], order: Order, size: int, *, backwards: bool = False) -> tuple[list[Any], bool]:
    """The keys of so many rows, from the beginning of the list or up to its end, and whether there are more."""
    found = list(rows.order_by(*order.by(backwards=backwards)).values_list(order.key, flat=True)[: size + 1])
    shown = found[:size]
    return shown[::-1] if backwards else shown, len(found) > size
