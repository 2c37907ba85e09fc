"""Goes on with an order, a slice at a time: one worker's, until it is done with the slice or its lease runs out."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from numbers_app import clock
from numbers_app.models import MOVING, OrderStatus, PurchaseOrder
from numbers_app.purchasing import carrying_out, previewing
from numbers_app.purchasing.dispatch import advance_soon


def advance(order_id: int) -> None:
    """Preview the order, or carry it out, as far as a slice goes; another's is left alone."""
    order = claim(order_id)
    if order is None:
        return
    wait: float = settings.ORDER_LEASE_SECONDS  # after a bug: not at once
    try:
        work = previewing.go_on if order.status == OrderStatus.PREVIEWING else carrying_out.go_on
        wait = work(order, until=time.monotonic() + settings.ORDER_SLICE_SECONDS)
    finally:
        leave(order, wait_seconds=wait)
    if wait == 0 and PurchaseOrder.objects.filter(pk=order.pk, status__in=MOVING).exists():
        advance_soon(order.pk)


def claim(order_id: int) -> PurchaseOrder | None:
    """The order, for as long as the lease; None where it does not move, or is in another worker's hands."""
    now = clock.now()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    until = now + timedelta(seconds=settings.ORDER_LEASE_SECONDS)
    orders = PurchaseOrder.objects.filter(pk=order_id, status__in=MOVING, sandbox=settings.SANDBOX)
    if not orders.filter(free).update(claimed_until=until):
        return None
    return PurchaseOrder.objects.get(pk=order_id)


def leave(order: PurchaseOrder, *, wait_seconds: float) -> None:
    """Give the order back; an order that has come to a stop meanwhile has no next look."""
    due_at = clock.now() + timedelta(seconds=wait_seconds)
    orders = PurchaseOrder.objects.filter(pk=order.pk, claimed_until=order.claimed_until)
    orders.filter(status__in=MOVING).update(next_action_at=due_at)
    orders.update(claimed_until=None)
