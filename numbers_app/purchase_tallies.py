"""Counts purchases by the days on which they were asked for: what became of them, and why they were refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Max, QuerySet, Sum, Value
from django.db.models.functions import Replace, Substr

from numbers_app.alike import without_numbers
from numbers_app.counting import FINEST, midnight, write_unchanged
from numbers_app.models import Purchase, RefusalTally, Span, Status, Tally

MOST_WORDINGS = 50  # of a day's refusals at one place; the rest is counted together
LONGEST_WORDS = 300
TEXT = models.TextField()
DIGITS: Any = Substr("phone_number", 2)
NUMBER: Any = F("phone_number")
SAID = Replace(Replace(F("reason"), NUMBER, Value("…"), output_field=TEXT), DIGITS, Value("…"), output_field=TEXT)

Key = tuple[int | None, str, str]
"""Location (None: all together), status, currency."""
Sums = dict[Key, tuple[int, Decimal]]
Refusals = dict[tuple[int | None, str], int]


@dataclass(frozen=True, kw_only=True, order=True)
class Unit:
    """A stretch of time that is counted as one."""

    since: date
    until: date
    span: Span


def unit_of(day: date, *, today: date) -> Unit:
    """This month and the last are kept by days, the rest of this year and the last by months, and all before by years.

    So there are some hundred rows for all locations together, and as many at the most for each, however old the desk.
    """
    if day >= month_before(today.replace(day=1)):
        return Unit(since=day, until=day + timedelta(days=1), span=Span.DAY)
    if day.year >= today.year - 1:
        first = day.replace(day=1)
        return Unit(since=first, until=month_after(first), span=Span.MONTH)
    return Unit(since=date(day.year, 1, 1), until=date(day.year + 1, 1, 1), span=Span.YEAR)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def latest_day(*, before: date) -> date | None:
    """The last day before ``before`` on which anything was asked for, or is said to have been."""
    asked = Purchase.objects.filter(created_at__lt=midnight(before)).aggregate(last=Max("created_at"))["last"]
    told = Tally.objects.filter(since__lt=before).aggregate(last=Max("since"))["last"]
    return max(filter(None, (asked and asked.astimezone(UTC).date(), told)), default=None)


def rewrite(unit: Unit) -> None:
    """Count the purchases of a stretch of time, and replace what was written of it wherever it differs."""
    asked = Purchase.objects.filter(
        created_at__gte=midnight(unit.since), created_at__lt=midnight(unit.until), sandbox=settings.SANDBOX
    ).order_by()

    def count() -> tuple[Sums, Refusals]:
        return counted(asked), refusals(asked) if unit.span == Span.DAY else {}

    def write(found: tuple[Sums, Refusals]) -> None:
        rewrite_tallies(unit, found[0])
        rewrite_refusals(unit, found[1])

    write_unchanged(count, write)


def rewrite_tallies(unit: Unit, wanted: Sums) -> None:
    wrong = []
    for row in Tally.objects.filter(since__gte=unit.since, since__lt=unit.until):
        key = (row.location_id, row.status, row.currency)
        if row.span == unit.span and wanted.get(key) == (row.many, row.monthly):
            del wanted[key]
        else:
            wrong.append(row.pk)
    Tally.objects.filter(pk__in=wrong).delete()
    Tally.objects.bulk_create(
        Tally(
            span=unit.span,
            since=unit.since,
            location_id=place,
            status=status,
            currency=currency,
            many=many,
            monthly=monthly,
        )
        for (place, status, currency), (many, monthly) in wanted.items()
    )


def counted(purchases: QuerySet[Purchase]) -> Sums:
    """How many there are and what they cost a month: by location, and of all together."""
    groups = purchases.values_list("location_id", "status", "price_unit")
    sums: dict[Key, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for place, status, unit, many, priced, monthly in groups.annotate(
        many=Count("pk"), priced=Count("monthly_price"), monthly=Sum("monthly_price")
    ):
        known = status == Status.PURCHASED and unit
        parts = [(unit, priced, monthly or 0), ("", many - priced, 0)] if known else [("", many, 0)]
        for currency, some, cost in parts:
            for key in ((place, status, currency), (None, status, currency)):
                if some:
                    sums[key][0] += some
                    sums[key][1] += cost
    return {key: (many, monthly.quantize(FINEST)) for key, (many, monthly) in sums.items()}


def rewrite_refusals(unit: Unit, wanted: Refusals) -> None:
    """The words with which purchases were refused are kept as long as the days are."""
    there = RefusalTally.objects.filter(since__gte=unit.since, since__lt=unit.until)
    known = {(row.location_id, row.words): row for row in there}
    same = {key for key, row in known.items() if wanted.get(key) == row.many}
    there.filter(pk__in=[row.pk for key, row in known.items() if key not in same]).delete()
    RefusalTally.objects.bulk_create(
        RefusalTally(since=unit.since, location_id=place, words=words, many=many)
        for (place, words), many in wanted.items()
        if (place, words) not in same
    )


def refusals(asked: QuerySet[Purchase]) -> Refusals:
    """How often what was said: by location, and of all together."""
    said: dict[int | None, Counter[str]] = defaultdict(Counter)
    rows = asked.filter(status=Status.REJECTED).annotate(said=SAID).values_list("location_id", "said")
    for place, words, many in rows.annotate(many=Count("pk")):
        alike = without_numbers(words)[:LONGEST_WORDS]
        said[place][alike] += many
        said[None][alike] += many
    found: Refusals = {}
    for where, counts in said.items():
        common = [(words, many) for words, many in counts.most_common() if words][:MOST_WORDINGS]
        rest = counts.total() - sum(many for _words, many in common)
        found |= {(where, words): many for words, many in [*common, ("", rest)] if many}
    return found
