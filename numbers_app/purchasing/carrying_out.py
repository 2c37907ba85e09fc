"""Carries an order out: takes note of what became of its purchases, replaces what was taken, and ends it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from numbers_app import clock
from numbers_app.models import (
    LIVE,
    NOT_SENT_YET,
    LineStatus,
    MailKind,
    OrderHappening,
    OrderLine,
    OrderStatus,
    Problem,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.models.batches import update_each
from numbers_app.purchasing.drafting import locked_order, note
from numbers_app.purchasing.holding import cancel_unsent
from numbers_app.purchasing.notifying import write_mails
from numbers_app.purchasing.releasing import hold_stale, release
from numbers_app.purchasing.substituting import found_taken, replace_taken
from numbers_app.purchasing.together import move_together

LOOK_SECONDS = 1.0  # between two looks at an order that moves ...
SLOW_LOOK_SECONDS = 15.0  # ... and at one that waits for a person
ENDINGS = {Status.REJECTED: Problem.REJECTED, Status.FAILED: Problem.FAILED, Status.CANCELLED: Problem.CANCELLED}


def go_on(order: PurchaseOrder, *, until: float) -> float:
    """Whatever there is to do for the order, until then; returns the seconds to wait before the next look."""
    if order.cancelled_at:
        cancel_unsent(order, because="The order was cancelled.")
    taken = settle(order)
    waits = [replace_taken(order, taken, until=until)] if taken else []
    hold_stale(order)
    if order.purchases.filter(status=Status.ON_HOLD).exists():
        waits.append(release(order, until=until))
    if finish(order):
        return 0.0
    moving = order.purchases.filter(status__in=LIVE).exclude(status=Status.NEEDS_REVIEW).exists()
    return max(LOOK_SECONDS if moving or waits else SLOW_LOOK_SECONDS, min(waits, default=0.0))


def settle(order: PurchaseOrder) -> list[OrderLine]:
    """Write down on the lines what became of their purchases; returns those whose number is to be replaced."""
    open_lines = order.lines.filter(status=LineStatus.OPEN)
    open_lines.filter(purchase__status=Status.PURCHASED).update(status=LineStatus.BOUGHT)
    # One read serves both: what is refused after it is neither replaced nor stopped before the next look.
    over = list(open_lines.filter(purchase__status__in=ENDINGS).select_related("purchase", "location").order_by("pk"))
    taken = found_taken([line.purchase_id for line in over])
    replaced = [line for line in over if line.purchase_id in taken and may_be_replaced(line, order)]
    kept = {line.pk for line in replaced}
    update_each(OrderLine, (stopped(line, taken=taken) for line in over if line.pk not in kept))
    # One that was bought after all may have been replaced before that was known.
    needless = order.purchases.filter(status__in=NOT_SENT_YET, line__status=LineStatus.BOUGHT)
    move_together(needless, to=Status.CANCELLED, because="The number that it was to replace was bought after all.")
    return replaced


def may_be_replaced(line: OrderLine, order: PurchaseOrder) -> bool:
    return line.substitution != Substitution.NONE and order.cancelled_at is None


def stopped(line: OrderLine, *, taken: Collection[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only while it is as it was read: late evidence that its number was bought wins."""
    purchase = line.purchase
    if purchase is None:
        raise ValueError(f"Line {line.pk} is under way without a purchase.")
    problem = Problem.TAKEN if purchase.pk in taken else ENDINGS[Status(purchase.status)]
    ending = {"status": LineStatus.STOPPED, "problem": problem, "words": purchase.reason}
    return {"id": line.pk, "status": LineStatus.OPEN, "purchase": purchase.pk}, ending


@transaction.atomic
def finish(order: PurchaseOrder) -> bool:
    """End the order when nothing of it is under way any more; whether it did."""
    order = locked_order(order.pk)
    under_way = order.lines.filter(status=LineStatus.OPEN).exists() or order.purchases.filter(status__in=LIVE).exists()
    if order.status != OrderStatus.RUNNING or under_way:
        return False
    bought = order.purchases.filter(status=Status.PURCHASED).count()
    end = OrderStatus.CANCELLED if order.cancelled_at and not bought else OrderStatus.FINISHED
    PurchaseOrder.objects.filter(pk=order.pk).update(status=end, next_action_at=None, finished_at=clock.now())
    because = f"{bought} of {order.lines.count()} bought."
    note(order, OrderHappening.FINISHED, because=because, actor=None)
    write_mails(MailKind.FINISHED, order=order)
    return True
