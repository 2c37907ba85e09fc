"""Pauses, resumes and cancels an order. What is on its way to the provider is always brought to its end."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from numbers_app import clock
from numbers_app.models import (
    BEING_CARRIED_OUT,
    NOT_SENT_YET,
    LineStatus,
    OrderHappening,
    OrderStatus,
    Problem,
    PurchaseOrder,
    Status,
)
from numbers_app.purchasing.drafting import locked_order, note
from numbers_app.purchasing.previewing import order_is_moving
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.purchasing.together import move_together


class NotCarriedOut(OrderRefused):
    """The order is not being carried out: there is nothing to pause, resume or cancel."""

    def __init__(self, order: PurchaseOrder) -> None:
        super().__init__(f"Order {order} is {order.status}.")
        self.order = order


@transaction.atomic
def pause_order(order_id: int, *, actor: Any) -> PurchaseOrder:
    """Hold back what has not been sent. A second click changes nothing. Raises `NotCarriedOut`."""
    order = locked_order(order_id)
    if order.status == OrderStatus.PAUSED:
        return order
    if order.status != OrderStatus.RUNNING:
        raise NotCarriedOut(order)
    PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.PAUSED, next_action_at=None)
    move_together(
        order.purchases.filter(status=Status.QUEUED), to=Status.ON_HOLD, because="The order was paused.", actor=actor
    )
    note(order, OrderHappening.PAUSED, because="Paused.", actor=actor)
    order.refresh_from_db()
    return order


@transaction.atomic
def resume_order(order_id: int, *, actor: Any) -> PurchaseOrder:
    """Go on with a paused order. A second click changes nothing. Raises `NotCarriedOut`."""
    order = locked_order(order_id)
    if order.status == OrderStatus.RUNNING:
        return order
    if order.status != OrderStatus.PAUSED:
        raise NotCarriedOut(order)
    order_is_moving(order, OrderStatus.RUNNING)
    note(order, OrderHappening.RESUMED, because="Resumed.", actor=actor)
    order.refresh_from_db()
    return order


@transaction.atomic
def cancel_order(order_id: int, *, actor: Any, because: str = "Cancelled by hand.") -> PurchaseOrder:
    """Cancel what has not been sent; nothing more is asked for. A second click changes nothing.

    Raises `NotCarriedOut` for an order that is over, or that is still a draft.
    """
    order = locked_order(order_id)
    if order.cancelled_at:
        return order
    if order.status not in (OrderStatus.AWAITING_APPROVAL, *BEING_CARRIED_OUT):
        raise NotCarriedOut(order)
    order_is_moving(order, OrderStatus.RUNNING, cancelled_at=clock.now())
    cancel_unsent(order, because=because, actor=actor)
    note(order, OrderHappening.CANCELLED, because=because, actor=actor)
    order.refresh_from_db()
    return order


def cancel_unsent(order: PurchaseOrder, *, because: str, actor: Any = None) -> None:
    """Cancel the purchases of the order that nothing is under way for."""
    move_together(order.purchases.filter(status__in=NOT_SENT_YET), to=Status.CANCELLED, because=because, actor=actor)
    over = order.lines.filter(status=LineStatus.OPEN, purchase__status=Status.CANCELLED)
    over.update(status=LineStatus.STOPPED, problem=Problem.CANCELLED)
