"""Buys another number in place of one that turned out to be taken: one at a time, and never while anything is unknown.

A purchase is replaced at most once, and a line has at most one live purchase: the database sees to both. So however
often this runs, and wherever it dies, a want for one number never ends as two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from django.db import IntegrityError, transaction

from numbers_app import clock
from numbers_app.formatting import write_label
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, Refused
from numbers_app.models import (
    Answer,
    LineStatus,
    Location,
    OrderLine,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseAttempt,
    PurchaseOrder,
    Status,
    Substitution,
)
from numbers_app.models.storing import storable_columns
from numbers_app.purchasing.checking import SPARE, Finding, finding_of, offer_or_problem, offered, taken_numbers, visit
from numbers_app.purchasing.dispatch import send_soon
from numbers_app.purchasing.drafting import locked_order
from numbers_app.purchasing.hands import Busy, at_each
from numbers_app.purchasing.lifecycle import TOKEN_REFUSED, locked_purchase, transition
from numbers_app.purchasing.limits import Asked, OverCap, cost_of, judge, lock_if_capped
from numbers_app.purchasing.offers import Kind, Offer, costs_more, find_candidates, substitute_kind
from numbers_app.purchasing.ordering import AlreadyOwned, refuse_owned
from numbers_app.purchasing.together import write_purchases

TAKEN = re.compile(r"no longer available|number is not available|already (been )?(taken|purchased|sold)", re.IGNORECASE)
BAD_REQUEST = 400
TRY_AGAIN_SECONDS = 10.0
MOST_TRIES = 10  # numbers that are asked for, one after the other, for one line
FOR_GOOD = (Problem.NOT_CONNECTED, Problem.SUSPENDED)  # what does not mend itself while an order waits
CONFIRMED = ("monthly_price", "price_unit")  # what a substitute does not change on its line
MAY_BE_REPLACED = (Status.ON_HOLD, Status.REJECTED, Status.FAILED)


def found_taken(purchases: Iterable[int | None]) -> set[int]:
    """Those of the purchases whose last attempt the provider refused because somebody else has the number."""
    attempts = PurchaseAttempt.objects.filter(purchase__in=list(purchases)).order_by("purchase", "number")
    last = {attempt.purchase_id: attempt for attempt in attempts.only("purchase", "answer", "status_code", "words")}
    return {
        pk
        for pk, attempt in last.items()
        if (attempt.answer, attempt.status_code) == (Answer.REFUSED, BAD_REQUEST) and TAKEN.search(attempt.words)
    }


def replace_taken(order: PurchaseOrder, lines: Sequence[OrderLine], *, until: float) -> float:
    """Ask for others in place of what was taken, until then; returns the seconds to wait before the next try."""
    by_place = defaultdict(list)
    for line in lines:
        by_place[line.location].append(line)
    return at_each(list(by_place), lambda location: replace_at(order, location, by_place[location]), until=until)


def replace_at(order: PurchaseOrder, location: Location, lines: Sequence[OrderLine]) -> None:
    """Raises `Busy` where the provider can't be asked at the moment."""
    client = visit(location)
    if isinstance(client, Finding):
        if client.problem not in FOR_GOOD:
            raise Busy(TRY_AGAIN_SECONDS)
        for line in lines:
            put_in_place(line, [], why_none=client.words)
        return
    replace_with(order, client, location, lines)


def replace_with(
    order: PurchaseOrder, client: LeadConnectorClient, location: Location, lines: Sequence[OrderLine]
) -> None:
    """Ask for another number for each line; one that none is found for is stopped. Raises `Busy`."""
    kinds: dict[Kind, list[OrderLine]] = defaultdict(list)
    for line in lines:
        if kind := substitute_kind(line):
            kinds[kind].append(line)
    for kind, alike in kinds.items():
        taken = partial(taken_numbers, order=order)
        why_none = ""
        try:
            offers = find_candidates(client, location.location_id, kind, most=len(alike) + SPARE, taken=taken)
        except LeadConnectorError as error:
            finding_of(error)  # raises `Busy` with the wait that was asked for
            if not isinstance(error, Refused) or error.status in TOKEN_REFUSED:
                raise Busy(TRY_AGAIN_SECONDS) from error
            offers, why_none = [], error.words
        for line in alike:
            offers = put_in_place(line, offers, why_none=why_none)


@transaction.atomic
def put_in_place(line: OrderLine, offers: Sequence[Offer], *, why_none: str = "") -> list[Offer]:
    """Ask for one of the offers in place of the line's purchase; returns the offers that are left.

    The purchase must have come to nothing, or not have been sent; the order must be under way. Where the world has
    moved on, nothing is done: the next round sees it as it is.
    """
    order = locked_order(line.order_id)
    lock_if_capped()
    old = locked_purchase(line.purchase_id or 0)
    fresh = OrderLine.objects.select_for_update().get(pk=line.pk)
    as_read = (fresh.status, fresh.purchase_id) == (LineStatus.OPEN, old.pk)
    if not as_read or old.status not in MAY_BE_REPLACED or not is_under_way(order):
        return list(offers)
    if old.status == Status.ON_HOLD:
        transition(old, to=Status.CANCELLED, because="It is no longer on offer; another one is asked for.")
    left = [offer for offer in offers if will_do(fresh, offer)]
    while left and fresh.purchases.count() < MOST_TRIES:
        offer = left.pop(0)
        try:
            with transaction.atomic():
                ask_for(fresh, offer, old=old)
        except (IntegrityError, AlreadyOwned):  # somebody was faster
            continue
        except OverCap as refusal:
            stop(fresh, problem=Problem.OVER_A_CAP, words=str(refusal))
        return left
    stop(fresh, problem=Problem.NO_SUBSTITUTE, words=why_none or old.reason)
    return left


def is_under_way(order: PurchaseOrder) -> bool:
    return order.status == OrderStatus.RUNNING and order.cancelled_at is None


def will_do(line: OrderLine, offer: Offer) -> bool:
    """A substitute costs no more than what was confirmed, and asks for no address that is not there."""
    return not costs_more(offer, line) and offer_or_problem(line, offer).problem is None


def ask_for(line: OrderLine, offer: Offer, *, old: Purchase) -> None:
    """Raises IntegrityError where the number is in another purchase or order line, `OverCap` where a cap is reached."""
    price = line.monthly_price if offer.price is None else offer.price
    judge({line.location_id: Asked(numbers=0, monthly=cost_of(price))}, actor=None)
    columns = {name: value for name, value in offered(line, offer).items() if name not in CONFIRMED}
    OrderLine.objects.filter(pk=line.pk).update(**storable_columns(OrderLine, columns))
    fresh = OrderLine.objects.get(pk=line.pk)
    fresh.monthly_price = price  # the line keeps the price that was confirmed
    rule = write_label(Substitution(fresh.substitution).label)
    because = f"In place of {old.phone_number} (purchase #{old.pk}), which was taken. Rule: {rule}."
    now = clock.now()
    [purchase] = write_purchases(
        [fresh],
        requested_by_id=old.requested_by_id,
        status=Status.QUEUED,
        because=because,
        actor=None,
        substitute_of=old,
        next_action_at=now,
    )
    refuse_owned(purchase.phone_number)
    OrderLine.objects.filter(pk=line.pk).update(purchase=purchase)
    send_soon(purchase)


def stop(line: OrderLine, *, problem: Problem, words: str) -> None:
    """Give the line up, unless its purchase has been bought after all."""
    open_still = OrderLine.objects.filter(pk=line.pk, status=LineStatus.OPEN, purchase=line.purchase_id)
    open_still.update(status=LineStatus.STOPPED, problem=problem, words=words)
