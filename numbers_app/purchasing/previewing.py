"""The preview of an order: a dry run that a person confirms, and what is confirmed is what was previewed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from numbers_app import clock
from numbers_app.models import LineStatus, Location, OrderHappening, OrderStatus, PurchaseOrder
from numbers_app.purchasing.checking import GOOD_FOR, check_location, unchecked
from numbers_app.purchasing.dispatch import advance_soon
from numbers_app.purchasing.drafting import locked_draft, locked_order, note, refuse_other_desk
from numbers_app.purchasing.hands import at_each
from numbers_app.purchasing.limits import buyable
from numbers_app.purchasing.refusals import OrderRefused


class NothingWanted(OrderRefused):
    """The draft has no lines."""


@transaction.atomic
def begin_preview(order_id: int, *, actor: Any) -> None:
    """Let the workers look at the draft; what was looked at a moment ago is not asked again.

    A second click changes nothing. Raises `NotDrafted`, `OtherDesk` or `NothingWanted`.
    """
    order = locked_draft(order_id)
    if order.status == OrderStatus.PREVIEWING:
        return
    refuse_other_desk(order)
    lines = order.lines.filter(status=LineStatus.DRAFT)
    if not lines.exists():
        raise NothingWanted("There is nothing in this order yet.")
    now = clock.now()
    old = Q(searched_at__isnull=True) | Q(searched_at__lt=now - GOOD_FOR) | ~Q(problem="")
    lines.filter(old).update(checked_at=None, problem="", words="")
    order_is_moving(order, OrderStatus.PREVIEWING)


def order_is_moving(order: PurchaseOrder, status: OrderStatus, **columns: Any) -> None:
    """Give the order to the workers, from the moment that this is committed."""
    PurchaseOrder.objects.filter(pk=order.pk).update(status=status, next_action_at=clock.now(), **columns)
    transaction.on_commit(partial(advance_soon, order.pk))


def go_on(order: PurchaseOrder, *, until: float) -> float:
    """Look at what is unchecked, until then; returns the seconds to wait before the next look."""
    places = Location.objects.filter(pk__in=unchecked(order).values("location_id")).order_by("pk")
    wait = at_each(list(places), partial(check_location, order, until=until), until=until)
    if unchecked(order).exists():
        return wait
    finish(order)
    return 0.0


@transaction.atomic
def finish(order: PurchaseOrder) -> None:
    """All lines were looked at, unless the draft was changed meanwhile."""
    order = locked_order(order.pk)
    if order.status != OrderStatus.PREVIEWING or unchecked(order).exists():
        return
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.PREVIEWED, next_action_at=None, previewed_at=clock.now()
    )
    because = f"{buyable(order).count()} of {order.lines.count()} can be bought."
    note(order, OrderHappening.PREVIEWED, because=because, actor=None)


def preview_version(order: PurchaseOrder) -> str:
    """What a page showed when somebody confirmed it; it changes with everything that is done to the draft."""
    last = order.events.order_by("-id").values_list("pk", flat=True).first()
    return f"{order.previewed_at.isoformat() if order.previewed_at else ''}/{last or 0}"
