"""Asks once more for what an order did not get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from numbers_app.models import (
    LIVE,
    LineStatus,
    OrderHappening,
    OrderLine,
    OrderStatus,
    PhoneNumber,
    Problem,
    Purchase,
    PurchaseOrder,
    Status,
)
from numbers_app.models.batches import update_each
from numbers_app.purchasing.buying_again import CAME_TO_NOTHING
from numbers_app.purchasing.drafting import locked_order, note, refuse_other_desk
from numbers_app.purchasing.holding import NotCarriedOut
from numbers_app.purchasing.lifecycle import locked_purchases
from numbers_app.purchasing.limits import Asked, cost_of, judge
from numbers_app.purchasing.previewing import order_is_moving
from numbers_app.purchasing.together import write_purchases

WORTH_A_TRY = (
    Problem.REJECTED,
    Problem.TAKEN,
    Problem.FAILED,
    Problem.NO_SUBSTITUTE,
    Problem.NOT_OFFERED,
    Problem.OVER_A_CAP,
    Problem.NOT_CONNECTED,
    Problem.SUSPENDED,
)
UNDER_WAY_OR_OVER = (OrderStatus.RUNNING, OrderStatus.PAUSED, OrderStatus.FINISHED)


def retriable(order: PurchaseOrder) -> QuerySet[OrderLine]:
    """Stopped lines whose number may be asked for again: nobody has done so yet, and nobody else has it."""
    live = Purchase.objects.filter(status__in=LIVE).values("phone_number")
    owned = PhoneNumber.objects.filter(gone_at__isnull=True).values("phone_number")
    stopped = order.lines.filter(
        status=LineStatus.STOPPED,
        problem__in=WORTH_A_TRY,
        purchase__status__in=CAME_TO_NOTHING,
        purchase__again__isnull=True,
        purchase__substitute__isnull=True,
    )
    return stopped.exclude(phone_number__in=live).exclude(phone_number__in=owned)


@transaction.atomic
def try_again(order_id: int, *, actor: Any) -> int:
    """Ask again for what was refused or given up; returns for how many lines. A second click finds none.

    Each number is looked for on offer first. Raises `NotCarriedOut`, `OtherDesk` or `OverCap`.
    """
    order = locked_order(order_id)
    if order.status not in UNDER_WAY_OR_OVER or order.cancelled_at:
        raise NotCarriedOut(order)
    refuse_other_desk(order)
    lines = read_lines(order)
    if not lines:
        return 0
    assumed = cost_of(None)
    costs: dict[int, list[Decimal]] = defaultdict(list)
    for line in lines:
        costs[line.location_id].append(assumed if line.monthly_price is None else line.monthly_price)
    judge(
        {pk: Asked(numbers=len(each), monthly=sum(each, Decimal(0))) for pk, each in costs.items()},
        actor=order.requested_by,
    )
    lines = still_stopped(order, lines)
    if not lines:
        return 0
    purchases = write_purchases(
        lines,
        requested_by_id=order.requested_by_id,
        status=Status.ON_HOLD,
        because="Asked for again.",
        actor=actor,
        again=True,
    )
    under_way = {"status": LineStatus.OPEN, "problem": "", "words": "", "searched_at": None}
    update_each(
        OrderLine,
        (({"id": purchase.line_id}, {**under_way, "purchase": purchase.pk}) for purchase in purchases),
    )
    note(order, OrderHappening.RETRIED, because=f"{len(lines)} asked for again.", actor=actor)
    if order.status == OrderStatus.FINISHED:
        order_is_moving(order, OrderStatus.RUNNING, finished_at=None)
    return len(lines)


def read_lines(order: PurchaseOrder) -> list[OrderLine]:
    """In one order, so that of those who ask for the same numbers at once none wait in a ring."""
    return list(retriable(order).select_related("purchase").order_by("phone_number"))


def still_stopped(order: PurchaseOrder, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Those of the lines whose purchases, locked now, have still come to nothing: late evidence wins."""
    locked_purchases(line.purchase_id or 0 for line in lines)
    judged = {line.pk for line in lines}
    return [line for line in read_lines(order) if line.pk in judged]
