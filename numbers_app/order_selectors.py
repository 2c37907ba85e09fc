"""What the pages of orders read; each of them asks a number of questions that does not grow with the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet, Sum

from numbers_app.models import LineStatus, OrderLine, OrderStatus, PurchaseOrder
from numbers_app.selectors import clean_term

LONGEST_KEY = 18  # digits of an order's number
WANTED = Q(problem="") & ~Q(status=LineStatus.STOPPED)  # lines that are bought or may be


def orders_with_lines(orders: QuerySet[PurchaseOrder]) -> QuerySet[PurchaseOrder]:
    """Those that were drafted; the others are purchases that were asked for at once."""
    return orders.exclude(status=OrderStatus.DIRECT)


def add_totals(orders: Sequence[PurchaseOrder], *, user: Any) -> None:
    """Give each how many numbers it asks for, how many were bought and their cost a month, as far as the user sees."""
    lines = OrderLine.objects.visible_to(user).filter(order__in=orders).order_by().values("order")
    totals = {
        row["order"]: row
        for row in lines.annotate(
            line_count=Count("pk"),
            bought_count=Count("pk", filter=Q(status=LineStatus.BOUGHT)),
            monthly=Sum("monthly_price", filter=WANTED),
        )
    }
    for order in orders:
        found = totals.get(order.pk, {})
        order.line_count = found.get("line_count", 0)  # type: ignore[attr-defined]
        order.bought_count = found.get("bought_count", 0)  # type: ignore[attr-defined]
        order.monthly = found.get("monthly")  # type: ignore[attr-defined]


def requesters(orders: QuerySet[PurchaseOrder]) -> QuerySet[User]:
    """Who began these orders, by name."""
    return User.objects.filter(pk__in=orders.order_by().values("requested_by")).order_by("username")


def search_orders(orders: QuerySet[PurchaseOrder], term: str) -> QuerySet[PurchaseOrder]:
    """By name, or by the order's number with or without its sign."""
    term = clean_term(term)
    if not term:
        return orders
    matches = Q(name__icontains=term)
    key = term.removeprefix("#")
    if key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY:
        matches |= Q(pk=int(key))
    return orders.filter(matches)
