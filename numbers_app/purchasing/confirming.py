"""Confirms an order: what was previewed becomes purchases, all in one transaction, or nothing does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery

from numbers_app import clock
from numbers_app.formatting import write_sum
from numbers_app.models import (
    LIVE,
    LineStatus,
    MailKind,
    OrderHappening,
    OrderStatus,
    PhoneNumber,
    Problem,
    Purchase,
    PurchaseOrder,
    Status,
)
from numbers_app.purchasing.drafting import locked_order, note, refuse_other_desk
from numbers_app.purchasing.limits import LimitsReport, asked_by, buyable, judge
from numbers_app.purchasing.notifying import write_mails
from numbers_app.purchasing.previewing import order_is_moving, preview_version
from numbers_app.purchasing.refusals import OrderRefused
from numbers_app.purchasing.together import write_purchases

PREVIEW_GOOD_FOR = timedelta(hours=24)
TRIES = 5  # at writing purchases, where others ask for the same numbers at the same moment


class NotPreviewed(OrderRefused):
    """The order was not previewed since it was changed."""


class PreviewChanged(OrderRefused):
    """The order is not what the page showed."""


class PreviewTooOld(OrderRefused):
    """The preview says nothing of today."""


class NothingToBuy(OrderRefused):
    """No line of the order can be bought."""


class NotYours(OrderRefused):
    """Somebody else's draft."""


@transaction.atomic
def submit(order_id: int, *, actor: Any, seen: str) -> PurchaseOrder:
    """Ask for everything that the preview found nothing wrong with; ``seen`` is the preview that the page showed.

    A second click returns the order as it is. Raises `OverCap`, `NotPreviewed`, `PreviewChanged`, `PreviewTooOld`,
    `NothingToBuy`, `NotYours` or `OtherDesk`; then nothing was written.
    """
    order = locked_order(order_id)
    if order.submitted_at and order.requested_by_id == actor.pk:
        return order
    refuse_other_desk(order)
    refuse_unconfirmed(order, actor=actor, seen=seen)
    # Before any purchase is written: of two orders at once, the second sees what the first has asked for.
    found = judge(asked_by(order), actor=actor)
    write_all(order, status=Status.AWAITING_APPROVAL if found.needs_approval else Status.ON_HOLD, actor=actor)
    order.lines.filter(status=LineStatus.DRAFT).update(status=LineStatus.STOPPED)  # what the preview had left out
    now = clock.now()
    note(order, OrderHappening.SUBMITTED, because=summary(found), actor=actor)
    if found.needs_approval:
        PurchaseOrder.objects.filter(pk=order.pk).update(status=OrderStatus.AWAITING_APPROVAL, submitted_at=now)
        write_mails(MailKind.APPROVAL_WANTED, order=order)
    else:
        order_is_moving(order, OrderStatus.RUNNING, submitted_at=now)
    order.refresh_from_db()
    return order


def refuse_unconfirmed(order: PurchaseOrder, *, actor: Any, seen: str) -> None:
    if order.requested_by_id != actor.pk:
        raise NotYours("Only who began the draft can submit it.")
    if order.status != OrderStatus.PREVIEWED or order.previewed_at is None:
        raise NotPreviewed("The order was changed, or was never previewed.")
    if order.previewed_at < clock.now() - PREVIEW_GOOD_FOR:
        raise PreviewTooOld("The preview is more than a day old.")
    if seen != preview_version(order):
        raise PreviewChanged("The order is not what the page showed.")


def summary(found: LimitsReport) -> str:
    words = f"{found.total_numbers} numbers for {write_sum(found.total_monthly, 'USD')} a month."
    return " ".join([words, *found.because])


def write_all(order: PurchaseOrder, *, status: Status, actor: Any) -> None:
    """A purchase for every line that can be bought; one whose number is no longer free is left out."""
    for _try in range(TRIES):
        try:
            if write_free(order, status=status, actor=actor):
                return
        except IntegrityError:  # somebody asked for one of the numbers between the look and the write
            continue
    raise PreviewChanged("Others are asking for the same numbers at this moment.")


@transaction.atomic
def write_free(order: PurchaseOrder, *, status: Status, actor: Any) -> bool:
    """False where a number came onto the books in between; then nothing was written."""
    live = Purchase.objects.filter(status__in=LIVE).values("phone_number")
    owned = PhoneNumber.objects.filter(gone_at__isnull=True).values("phone_number")
    # Live first: a purchase that ends in between has put its number on the mirror before the second look.
    buyable(order).filter(phone_number__in=live).update(problem=Problem.IN_ANOTHER_ORDER)
    buyable(order).filter(phone_number__in=owned).update(problem=Problem.OWNED)
    lines = list(buyable(order).order_by("phone_number"))  # in one order, so that none wait in a ring
    if not lines:
        raise NothingToBuy("No line of the order can be bought.")
    write_purchases(lines, requested_by_id=order.requested_by_id, status=status, because="Asked for.", actor=actor)
    # Once more, now that these rows keep every other purchase of the numbers out.
    if buyable(order).filter(phone_number__in=owned).exists():
        transaction.set_rollback(True)
        return False
    purchase = Purchase.objects.filter(line=OuterRef("pk")).values("pk")[:1]
    buyable(order).update(status=LineStatus.OPEN, purchase=Subquery(purchase))
    return True
