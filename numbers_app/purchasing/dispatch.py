"""Tells the workers what to look at: on commit, and by a sweep that begins once a second.

The database is the queue of record. A message only says "look at these rows now": one that is lost is sent again
because its rows fall due again, and one that comes twice finds them claimed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Min, QuerySet
from kombu.exceptions import OperationalError

from numbers_app import clock
from numbers_app.models import MOVING, Answer, Location, Purchase, PurchaseAttempt, PurchaseOrder, Status
from numbers_app.purchasing import fairness
from numbers_app.purchasing.lifecycle import Ending, WorldMovedOn, close_attempt, close_attempts, transition

logger = logging.getLogger(__name__)

SUBMIT = "numbers_app.submit_purchases"
LOOK_UP = "numbers_app.look_up_purchase"
SYNC = "numbers_app.sync_location"
ADVANCE = "numbers_app.advance_order"
NO_ANSWER = "No answer: the worker did not come back in time."


def send_soon(purchase: Purchase) -> None:
    """Send a new purchase to the workers when the transaction has been committed.

    Where others of its location wait before it, or its queue is stopped, its turn is the sweep's to give.
    """
    if not fairness.waits_behind_others(purchase):
        transaction.on_commit(partial(send_queued, [purchase.pk]))
    else:
        Purchase.objects.filter(pk=purchase.pk).update(next_action_at=clock.now())


def send_queued(purchase_ids: list[int]) -> None:
    """Publish; where the broker can't be reached, leave it to the next sweep."""
    if not publish(SUBMIT, [purchase_ids]):
        waiting = Purchase.objects.filter(pk__in=purchase_ids, status=Status.QUEUED, not_before__isnull=True)
        waiting.update(next_action_at=clock.now())


def advance_soon(order_id: int) -> None:
    """Let the workers go on with an order; where the broker can't be reached, the next sweep sends it."""
    publish(ADVANCE, [order_id])


def publish(task: str, arguments: Iterable[Any]) -> bool:
    """One message for each argument; False where the broker could not be reached."""
    try:
        for argument in arguments:
            current_app.send_task(task, args=[argument])
    except OperationalError as error:
        logger.warning("The broker could not be reached (%s); the next sweep sends again", type(error).__name__)
        return False
    return True


def sweep(*, seconds: float = 0, may_send: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Everything that is due: leases that ran out, look-ups, syncs, and queued purchases in a fair order.

    While purchases wait, it goes on for ``seconds``, sending more whenever there is room and ``may_send`` allows it.
    Harmless when it runs twice.
    """
    deadline = time.monotonic() + seconds
    done = {
        "lapsed": lapse_leases(),
        "closed": close_left_behind(),
        "looked_up": send_look_ups(),
        "synced": send_syncs(),
        "advanced": send_orders(),
        "submitted": 0,
    }
    while True:
        turn = fairness.next_turn() if may_send() else fairness.Turn(more_waits=True)
        done["submitted"] += send_turn(turn.purchase_ids)
        left = deadline - time.monotonic()
        if not turn.more_waits or left <= 0:
            return done
        time.sleep(min(max(turn.wait_seconds, settings.PURCHASE_REFILL_SECONDS), left))


def send_turn(purchase_ids: list[int]) -> int:
    """Send queued purchases in small batches, after moving their due time on; returns how many were sent."""
    taken = put_purchases_aside(Status.QUEUED, purchase_ids)
    size = settings.PURCHASE_BATCH
    return send_or_leave_due(SUBMIT, [taken[at : at + size] for at in range(0, len(taken), size)], taken)


def send_look_ups() -> int:
    """Send one look-up for each location with uncertain purchases that are due, the longest due first.

    One settles all of its location's; so all of them are put aside with the one that is named.
    """
    due = Purchase.objects.filter(
        status=Status.UNCERTAIN, next_action_at__lte=clock.now(), sandbox=settings.SANDBOX
    ).order_by()
    places = due.values("location_id").annotate(since=Min("next_action_at"), first=Min("pk")).order_by("since", "first")
    firsts = {place["location_id"]: place["first"] for place in places[: settings.READS_AT_ONCE]}
    if not firsts:
        return 0
    together = list(due.filter(location__in=firsts).values_list("pk", flat=True))
    taken = put_purchases_aside(Status.UNCERTAIN, together)
    mine = set(taken)
    sent = [first for first in firsts.values() if first in mine]
    return len(sent) if send_or_leave_due(LOOK_UP, sent, taken) else 0


def send_syncs() -> int:
    """Send the syncs of locations that are due, a few at a time: a nightly one of all locations takes its time."""
    due = Location.objects.filter(sync_due_at__lte=clock.now()).order_by("sync_due_at", "pk")
    chosen = list(due.values_list("pk", flat=True)[: settings.SYNCS_A_SWEEP])
    rows = Location.objects.all()
    taken = put_aside(rows, chosen, column="sync_due_at", seconds=settings.SYNC_REDISPATCH_SECONDS)
    if not publish(SYNC, taken):
        rows.filter(pk__in=taken).update(sync_due_at=clock.now())
        return 0
    return len(taken)


def send_orders() -> int:
    """Send the orders that are due to be looked at: to be previewed, or carried out."""
    rows = PurchaseOrder.objects.filter(status__in=MOVING, sandbox=settings.SANDBOX)
    due = rows.filter(next_action_at__lte=clock.now()).order_by("next_action_at")
    chosen = list(due.values_list("pk", flat=True)[: settings.ORDERS_A_SWEEP])
    taken = put_aside(rows, chosen, column="next_action_at", seconds=settings.ORDER_REDISPATCH_SECONDS)
    if not publish(ADVANCE, taken):
        rows.filter(pk__in=taken).update(next_action_at=clock.now())
        return 0
    return len(taken)


def put_purchases_aside(status: Status, keys: list[int]) -> list[int]:
    rows = Purchase.objects.filter(status=status)
    return put_aside(rows, keys, column="next_action_at", seconds=settings.PURCHASE_REDISPATCH_SECONDS)


def put_aside(
    rows: QuerySet[Any],
    keys: list[int],
    *,
    column: str,
    seconds: float,
) -> list[int]:
    """Move the due time of the rows on, as a message goes out for them; returns those that nobody else put aside."""
    if not keys:
        return []
    now = clock.now()
    again_at = now + timedelta(seconds=seconds)
    # Of two sweeps at once, each row goes to the one whose update finds it still due.
    changed = rows.filter(**{"pk__in": keys, f"{column}__lte": now}).update(**{column: again_at})
    if changed == len(keys):
        return keys
    mine = set(rows.filter(**{"pk__in": keys, column: again_at}).values_list("pk", flat=True))
    return [key for key in keys if key in mine]


def leave_due(purchase_ids: list[int]) -> None:
    """Give queued purchases back to the sweep: there were no hands for them."""
    waiting = Purchase.objects.filter(pk__in=purchase_ids, status=Status.QUEUED).exclude(not_before__gt=clock.now())
    waiting.update(next_action_at=clock.now())


def send_or_leave_due(task: str, arguments: list[Any], taken: list[int]) -> int:
    if publish(task, arguments):
        return len(taken)
    Purchase.objects.filter(pk__in=taken, status__in=(Status.QUEUED, Status.UNCERTAIN)).update(
        next_action_at=clock.now()
    )
    return 0


def lapse_leases() -> int:
    """A worker that did not come back in time may have bought: its purchase is uncertain, never queued again."""
    overdue = Purchase.objects.filter(status=Status.SUBMITTING, next_action_at__lte=clock.now())
    return sum(lapse(purchase) for purchase in overdue[: settings.PURCHASE_DISPATCH_BATCH])


@transaction.atomic
def lapse(purchase: Purchase) -> bool:
    now = clock.now()
    attempt = PurchaseAttempt.objects.filter(purchase=purchase, answer=Answer.PENDING).first()
    try:
        transition(
            purchase,
            to=Status.UNCERTAIN,
            because="The worker did not come back in time. The number may have been bought.",
            due_at=now,
            uncertain_since=now,
            attempt=attempt,
        )
    except WorldMovedOn:
        return False
    if attempt:
        close_attempt(attempt, answer=Answer.UNKNOWN, words=NO_ANSWER)
    return True


def close_left_behind() -> int:
    """Attempts whose worker died while other evidence settled their purchase: nobody else will complete them."""
    lease = timedelta(seconds=settings.PURCHASE_LEASE_SECONDS)
    left = PurchaseAttempt.objects.filter(answer=Answer.PENDING, started_at__lte=clock.now() - lease).exclude(
        purchase__status=Status.SUBMITTING
    )
    attempts = list(left.order_by("pk")[: settings.PURCHASE_DISPATCH_BATCH])
    if attempts:
        close_attempts(Ending(attempt=attempt, answer=Answer.UNKNOWN, words=NO_ANSWER) for attempt in attempts)
    return len(attempts)
