"""Lets an order's purchases into the queue; what was looked at long ago is looked at once more before.

What is confirmed is what was previewed: a price that rose or a number that has gone stops its line, not the order.
"""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from numbers_app import clock
from numbers_app.formatting import write_price
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.models import (
    Answer,
    LineStatus,
    Location,
    OrderLine,
    Problem,
    Purchase,
    PurchaseAttempt,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.purchasing.checking import GOOD_FOR, Finding, finding_of, visit
from numbers_app.purchasing.drafting import locked_order
from numbers_app.purchasing.hands import Busy, at_each
from numbers_app.purchasing.lifecycle import locked_purchase, transition
from numbers_app.purchasing.limits import Asked, OverCap, cost_of, judge
from numbers_app.purchasing.offers import Offer, costs_more, find_offer
from numbers_app.purchasing.substituting import FOR_GOOD, TRY_AGAIN_SECONDS, is_under_way, replace_with, stop
from numbers_app.purchasing.together import move_batch, move_together

QUEUED_GOOD_FOR = timedelta(hours=1)  # how long the offer of what stands in the queue is relied on


def release(order: PurchaseOrder, *, until: float) -> float:
    """Queue what is on hold, until then; returns the seconds to wait before the rest can be looked at."""
    release_fresh(order)
    held = held_lines(order)
    places = Location.objects.filter(pk__in=held.values("location_id")).order_by("pk")
    wait = at_each(list(places), partial(look_again, order, until=until), until=until)
    release_fresh(order)
    return wait


def hold_stale(order: PurchaseOrder) -> None:
    """Take back what has waited in the queue for so long that its offer says nothing of today.

    What was tried already is left alone: it waits for what it was told to wait for.
    """
    stale = order.purchases.filter(
        status=Status.QUEUED, attempt_count=0, line__searched_at__lt=clock.now() - QUEUED_GOOD_FOR
    )
    move_together(stale, to=Status.ON_HOLD, because="It has waited for long, and is looked at once more.")


def held_lines(order: PurchaseOrder) -> QuerySet[OrderLine]:
    """Lines whose purchase is on hold and whose offer has to be looked at again."""
    old = Q(searched_at__isnull=True) | Q(searched_at__lt=clock.now() - GOOD_FOR)
    return order.lines.filter(old, status=LineStatus.OPEN, purchase__status=Status.ON_HOLD)


def release_fresh(order: PurchaseOrder) -> None:
    """Queue what is on hold and was on offer a moment ago."""
    while release_batch(order):
        pass


@transaction.atomic
def release_batch(order: PurchaseOrder) -> int:
    """Under the order's lock: what is paused or cancelled meanwhile is not released."""
    if not is_under_way(locked_order(order.pk)):
        return 0
    now = clock.now()
    fresh = order.purchases.filter(status=Status.ON_HOLD, line__searched_at__gte=now - GOOD_FOR)
    return len(move_batch(fresh, to=Status.QUEUED, because="It is its turn.", actor=None, due_at=now))


def look_again(order: PurchaseOrder, location: Location, *, until: float) -> None:
    """Look whether the location can still buy, and each number is still on offer at its price. Raises `Busy`.

    Each costs a call, and the order is in this worker's hands only for so long: what is left is the next slice's.
    """
    lines = list(held_lines(order).filter(location=location).select_related("location").order_by("pk"))
    client = visit(location)
    if isinstance(client, Finding):
        if client.problem not in FOR_GOOD:
            raise Busy(TRY_AGAIN_SECONDS)
        for line in lines:
            stop_held(line, problem=client.problem, words=client.words)
        return
    for line in lines:
        if time.monotonic() >= until:
            return
        look_at(line, order=order, client=client, location=location)


def look_at(line: OrderLine, *, order: PurchaseOrder, client: LeadConnectorClient, location: Location) -> None:
    """Raises `Busy`."""
    try:
        offer = find_offer(client, location.location_id, line)
    except LeadConnectorError as error:
        finding_of(error)  # raises `Busy` with the wait that was asked for
        raise Busy(TRY_AGAIN_SECONDS) from error
    if offer is not None:
        confirm_offer(line, offer)
    elif may_be_ours(line):
        ask_all_the_same(line)
    elif line.substitution == Substitution.NONE:
        stop_held(line, problem=Problem.NOT_OFFERED, words=_("The provider's search does not show it any more."))
    else:
        replace_with(order, client, location, [line])


def may_be_ours(line: OrderLine) -> bool:
    """Whether an earlier attempt at the number ended without an answer: then it may be gone because we have it."""
    return PurchaseAttempt.objects.filter(
        answer=Answer.UNKNOWN, purchase__phone_number=line.phone_number, purchase__location=line.location_id
    ).exists()


@transaction.atomic
def ask_all_the_same(line: OrderLine) -> None:
    """Queue the purchase though nobody offers its number: a refusal has the list looked at, before it is replaced."""
    order = locked_order(line.order_id)
    purchase = locked_purchase(line.purchase_id or 0)
    if is_under_way(order) and purchase.status == Status.ON_HOLD:
        because = "It is not on offer, and an earlier attempt's outcome is unknown: it may have been bought then."
        transition(purchase, to=Status.QUEUED, because=because, due_at=clock.now())
        OrderLine.objects.filter(pk=line.pk).update(searched_at=None)  # it was not found, and is not taken back for it


@transaction.atomic
def confirm_offer(line: OrderLine, offer: Offer) -> None:
    """The number is still on offer: for no more than was confirmed, it may be asked for."""
    locked_order(line.order_id)
    confirmed = line.monthly_price
    if costs_more(offer, line):
        prices = {"now": write_price(offer.price, offer.price_unit), "before": write_price(confirmed, line.price_unit)}
        words = _("%(now)s instead of %(before)s a month.") % prices
        stop_held(line, problem=Problem.PRICE_ROSE, words=words)
        return
    if confirmed is None and offer.price is not None and (words := over_a_cap(line, offer.price)):
        stop_held(line, problem=Problem.OVER_A_CAP, words=words)
        return
    price = confirmed if offer.price is None else offer.price
    unit = offer.price_unit or line.price_unit
    said = {"fingerprint_id": offer.fingerprint_id or line.fingerprint_id, "monthly_price": price, "price_unit": unit}
    held = Purchase.objects.filter(pk=line.purchase_id or 0, status=Status.ON_HOLD)
    held.update(**{name: value for name, value in said.items() if value})
    as_read = OrderLine.objects.filter(pk=line.pk, status=LineStatus.OPEN, purchase=line.purchase_id)
    as_read.update(**said, searched_at=offer.searched_at)


def over_a_cap(line: OrderLine, price: Decimal) -> str:
    """What the caps say of a price that was not known when the line was asked for; empty where nothing is said."""
    more = price - cost_of(None)
    try:
        if more > 0:
            judge({line.location_id: Asked(numbers=0, monthly=more)}, actor=None)
    except OverCap as refusal:
        return str(refusal)
    return ""


@transaction.atomic
def stop_held(line: OrderLine, *, problem: Problem, words: str) -> None:
    """Give up a line whose purchase is on hold; the order goes on without it."""
    locked_order(line.order_id)
    purchase = locked_purchase(line.purchase_id or 0)
    if purchase.status == Status.ON_HOLD:
        transition(purchase, to=Status.CANCELLED, because=f"{problem.label}. {words}".strip())
        stop(line, problem=problem, words=words)
