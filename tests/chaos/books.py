"""The desk's own books, read while they are being broken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection
from django.db.models import Count

from numbers_app.models import (
    FINAL,
    LIVE,
    MOVING,
    Answer,
    OrderStatus,
    Purchase,
    PurchaseAttempt,
    PurchaseOrder,
    Status,
)

T = TypeVar("T")
PATIENCE_SECONDS = 60
LEFT_ALONE = (*FINAL, Status.NEEDS_REVIEW)  # nothing happens to these by itself


def steady(read: Callable[[], T]) -> T:
    """What ``read`` returns, as soon as the database lets it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return read()
        except DatabaseError:
            if time.monotonic() > deadline:
                raise
        finally:
            connection.close()  # a broken one must not come back
        time.sleep(0.3)


def count_by_status() -> dict[str, int]:
    return dict(Purchase.objects.order_by().values_list("status").annotate(Count("pk")))


def count_orders_by_status() -> dict[str, int]:
    orders = PurchaseOrder.objects.exclude(status=OrderStatus.DIRECT).order_by()
    return dict(orders.values_list("status").annotate(Count("pk")))


def left_behind() -> list[str]:
    """The numbers of purchases that are not at their end, and of attempts that nobody completed."""
    live = Purchase.objects.exclude(status__in=LEFT_ALONE).values_list("phone_number", flat=True)
    pending = PurchaseAttempt.objects.filter(answer=Answer.PENDING).values_list("purchase__phone_number", flat=True)
    return sorted({*live, *pending})


def orders_left_behind() -> bool:
    """Whether an order is still to be ended, by a worker or by whoever paused it."""
    return PurchaseOrder.objects.filter(status__in=(*MOVING, OrderStatus.PAUSED)).exists()


def order_ids_to_send() -> tuple[list[int], list[int]]:
    """Orders that move, and those that do not."""
    by_id = PurchaseOrder.objects.exclude(status=OrderStatus.DIRECT).order_by("pk")
    moving = by_id.filter(status__in=MOVING).values_list("pk", flat=True)
    still = by_id.exclude(status__in=MOVING).values_list("pk", flat=True)
    return list(moving), list(still)


def ids_to_send() -> tuple[list[int], list[int]]:
    """Purchases that are under way, and some that are over."""
    by_id = Purchase.objects.order_by("pk")
    live = by_id.filter(status__in=LIVE).values_list("pk", flat=True)
    over = by_id.exclude(status__in=LIVE).values_list("pk", flat=True)
    return list(live), list(over)
