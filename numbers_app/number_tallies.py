"""Counts the active numbers of each location, and what they cost a month."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery

from numbers_app import clock
from numbers_app.counting import SETTLED, write_unchanged
from numbers_app.models import Location, NumberTally, PhoneNumber, Purchase, Status

LOCATIONS_AT_ONCE = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NUMBERS_OLD = timedelta(days=1)  # numbers are counted again after it, whether anything seems to have changed or not


def count_again(places: Collection[int]) -> None:
    """Let the next rounds count these locations' numbers, though their mirror has not changed."""
    NumberTally.objects.filter(location__in=places).update(as_of=LONG_AGO)


def changed_places(*, before: datetime) -> list[int]:
    """The next locations whose mirror has changed since their numbers were counted, or that were not for long.

    None that was counted since ``before``: what it says may still change while it is counted.
    """
    last = NumberTally.objects.filter(location=OuterRef("pk"), currency="").values("as_of")
    not_yet = Q(as_of=None) | Q(as_of__lt=before - SETTLED)
    changed = (
        Q(as_of=None)
        | Q(as_of__lt=clock.now() - NUMBERS_OLD)
        | Q(account__synced_at__gt=F("as_of"))
        | Q(account__listed_at__gt=F("as_of"))
    )
    places = Location.objects.annotate(as_of=Subquery(last)).filter(changed & not_yet)
    longest = places.order_by(F("as_of").asc(nulls_first=True), "pk")
    return list(longest.values_list("pk", flat=True)[:LOCATIONS_AT_ONCE])


def count_numbers(places: Sequence[int]) -> None:
    """Count the active numbers of the locations, with the prices at which they were bought."""

    def write(rows: list[NumberTally]) -> None:
        NumberTally.objects.filter(location__in=places).delete()
        NumberTally.objects.bulk_create(rows)

    write_unchanged(lambda: numbers_counted(places), write)


def numbers_counted(places: Sequence[int]) -> list[NumberTally]:
    as_of = clock.now() - SETTLED
    bought = Purchase.objects.filter(location__in=places, status=Status.PURCHASED).order_by("pk")
    # Of one that was bought twice, the last price counts. A subquery for each number would take many times as long.
    prices = {
        (place, number): (price, unit)
        for place, number, price, unit in bought.values_list(
            "location_id", "phone_number", "monthly_price", "price_unit"
        )
    }
    numbers = PhoneNumber.objects.filter(location__in=places, gone_at__isnull=True)
    sums: dict[tuple[int, str], list[Any]] = {(place, ""): [0, Decimal(0)] for place in places}
    for place, number in numbers.values_list("location_id", "phone_number"):
        price, unit = prices.get((place, number), (None, ""))
        known = price is not None and unit
        cell = sums.setdefault((place, unit if known else ""), [0, Decimal(0)])
        cell[0] += 1
        cell[1] += price if known else 0
    return [
        NumberTally(location_id=place, currency=currency, many=many, monthly=monthly, as_of=as_of)
        for (place, currency), (many, monthly) in sums.items()
    ]
