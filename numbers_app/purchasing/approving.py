"""The second person's word on an order."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from numbers_app import clock
from numbers_app.models import LineStatus, MailKind, OrderHappening, OrderStatus, Problem, PurchaseOrder, Status
from numbers_app.models.permissions import MAY_APPROVE
from numbers_app.purchasing.drafting import locked_order, note, refuse_other_desk
from numbers_app.purchasing.notifying import write_mails
from numbers_app.purchasing.previewing import order_is_moving
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.purchasing.together import move_together


class NotWaiting(OrderRefused):
    """The order does not wait for approval."""

    def __init__(self, order: PurchaseOrder) -> None:
        super().__init__(f"Order {order} is {order.status}: it does not wait for approval.")
        self.order = order


class OwnOrder(OrderRefused):
    """Nobody approves what they have asked for themselves."""


class MayNotApprove(OrderRefused):
    """The permission is missing."""


@transaction.atomic
def approve(order_id: int, *, actor: Any, because: str = "") -> PurchaseOrder:
    """Let the order be carried out; a second click changes nothing.

    Raises `NotWaiting`, `OwnOrder`, `MayNotApprove` or `OtherDesk`.
    """
    order = locked_order(order_id)
    if order.decided_by_id == actor.pk and order.status not in (OrderStatus.AWAITING_APPROVAL, OrderStatus.DECLINED):
        return order
    refuse_decision(order, actor)
    refuse_other_desk(order)
    move_together(
        order.purchases.filter(status=Status.AWAITING_APPROVAL), to=Status.ON_HOLD, because="Approved.", actor=actor
    )
    order_is_moving(order, OrderStatus.RUNNING, decided_by=actor, decided_at=clock.now())
    note(order, OrderHappening.APPROVED, because=because or "Approved.", actor=actor)
    write_mails(MailKind.APPROVED, order=order)
    order.refresh_from_db()
    return order


@transaction.atomic
def decline(order_id: int, *, actor: Any, because: str) -> PurchaseOrder:
    """Let nothing of the order be bought. A second click changes nothing. Raises as `approve` does."""
    order = locked_order(order_id)
    if order.decided_by_id == actor.pk and order.status == OrderStatus.DECLINED:
        return order
    refuse_decision(order, actor)
    move_together(
        order.purchases.filter(status=Status.AWAITING_APPROVAL),
        to=Status.CANCELLED,
        because=f"Declined. {because}",
        actor=actor,
    )
    order.lines.filter(status=LineStatus.OPEN).update(status=LineStatus.STOPPED, problem=Problem.CANCELLED)
    now = clock.now()
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.DECLINED, decided_by=actor, decided_at=now, finished_at=now
    )
    note(order, OrderHappening.DECLINED, because=because, actor=actor)
    write_mails(MailKind.DECLINED, order=order)
    order.refresh_from_db()
    return order


def refuse_decision(order: PurchaseOrder, actor: Any) -> None:
    if not actor.has_perm(MAY_APPROVE):
        raise MayNotApprove(_("You may not approve orders."))
    if order.requested_by_id == actor.pk:
        raise OwnOrder(_("Nobody approves what they have asked for themselves."))
    if order.status != OrderStatus.AWAITING_APPROVAL:
        raise NotWaiting(order)
