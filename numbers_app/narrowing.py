"""What each filter of the lists means to the database, and how much of a selection is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from numbers_app.models import (
    BOUGHT,
    IN_PROGRESS,
    NEEDS_PERSON,
    NOT_BOUGHT,
    NumberType,
    Purchase,
    Status,
)
from numbers_app.models.purchase import ADOPTED
from numbers_app.purchasing.adopting import no_purchase_explains

MOST_COUNTED = 10_000  # rows; of a selection that is larger a list says so, and adds nothing up
GROUPS: dict[str, tuple[Status, ...]] = {
    "in_progress": IN_PROGRESS,
    "bought": BOUGHT,
    "not_bought": NOT_BOUGHT,
    "needs_person": NEEDS_PERSON,
}
OTHER = "other"
SUBSTITUTE, REPLACED = "substitute", "replaced"
ACTIVE, GONE = "active", "gone"


def in_status(chosen: str) -> Q:
    """One status, or a group of them."""
    statuses = GROUPS.get(chosen, (chosen,))
    return Q(status=statuses[0]) if len(statuses) == 1 else Q(status__in=statuses)


def in_region(region: str) -> Q:
    """As it was typed, or as regions are written: TX, Texas."""
    return Q(region__in={region, region.upper(), region.title()})


def substituted(chosen: str) -> Q:
    if chosen == SUBSTITUTE:
        return Q(substitute_of__isnull=False)
    replaced = Purchase.objects.filter(substitute_of__isnull=False).order_by().values("substitute_of")
    return Q(pk__in=replaced)


def since(day: date) -> Q:
    return Q(created_at__gte=midnight(day))


def until(day: date) -> Q:
    """With all of the day's hours."""
    return Q(created_at__lt=midnight(day + timedelta(days=1))) if day < date.max else Q()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def of_type(chosen: str) -> Q:
    """Of a type; all others are what lies between the known ones, which an index can tell."""
    if chosen != OTHER:
        return Q(number_type=chosen)
    known = sorted(NumberType.values)
    between = Q(number_type__lt=known[0]) | Q(number_type__gt=known[-1])
    for lower, upper in pairwise(known):
        between |= Q(number_type__gt=lower, number_type__lt=upper)
    return between


def in_state(chosen: str) -> Q:
    return Q(gone_at__isnull=chosen == ACTIVE)


CONDITIONS: Mapping[str, Callable[[Any], Q]] = {
    "status": in_status,
    "location": lambda location: Q(location=location),
    "order": lambda order: Q(order=order),
    "requester": lambda user: Q(requested_by=user),
    "approver": lambda user: Q(order__decided_by=user),
    "number_type": of_type,
    "country": lambda country: Q(country_code=country),
    "region": in_region,
    "first_day": since,
    "last_day": until,
    "price_from": lambda price: Q(monthly_price__gte=price),
    "price_to": lambda price: Q(monthly_price__lte=price),
    "confirmed": lambda evidence: Q(confirmed_by=evidence),
    "substituted": substituted,
    "adopted": lambda _chosen: ADOPTED,
    "state": in_state,
    "unexplained": lambda _chosen: no_purchase_explains(),
}


def narrow(rows: QuerySet[Any], chosen: Mapping[str, Any]) -> QuerySet[Any]:
    """The rows that fit everything that was chosen: the names are those of `CONDITIONS`."""
    for name, value in chosen.items():
        rows = rows.filter(CONDITIONS[name](value))
    return rows


def as_many_as(rows: QuerySet[Any], chosen: Mapping[str, Any]) -> QuerySet[Any]:
    """Rows that are as many as those that fit, where it is known which, and counted faster; else none."""
    if chosen == {"substituted": REPLACED}:  # each has one substitute, at its location
        return rows.filter(substituted(SUBSTITUTE))
    return rows.none()


def count_up_to(rows: QuerySet[Any], most: int) -> int:
    """How many rows there are, and ``most`` + 1 where there are more: no more than that is looked at."""
    return rows.order_by()[: most + 1].count()


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A selection of purchases summed up."""

    bought: int
    monthly: Mapping[str, Decimal]
    """What the bought ones cost a month, by currency."""
    unpriced: int
    """Bought ones whose price is not known."""


def sum_up(purchases: QuerySet[Purchase]) -> Summary:
    """What was bought of a selection. The database counts by price, and decimals are added here: SQLite has none."""
    # Counted on condition: were the status asked for, SQLite would begin with all that was ever bought.
    bought = Count("pk", filter=Q(status=Status.PURCHASED))
    by_price = list(purchases.order_by().values_list("price_unit", "monthly_price").annotate(bought=bought))
    monthly: dict[str, Decimal] = defaultdict(Decimal)
    for unit, price, many in by_price:
        if many and price is not None:
            monthly[unit] += price * many
    return Summary(
        bought=sum(many for _unit, _price, many in by_price),
        monthly=dict(sorted(monthly.items())),
        unpriced=sum(many for _unit, price, many in by_price if price is None),
    )
