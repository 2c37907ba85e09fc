"""Tells the workers what to look at: on commit, and by a sweep once a second.

The database is the queue of record. A message only says "look at this row now": one that is lost is sent again because
its row falls due again, and one that comes twice finds the row claimed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from numbers_app.models import Answer, Purchase, PurchaseAttempt, Status
from numbers_app.purchasing.lifecycle import WorldMovedOn, close_attempt, transition

logger = logging.getLogger(__name__)

SUBMIT = "numbers_app.submit_purchase"
LOOK_UP = "numbers_app.look_up_purchase"
NO_ANSWER = "No answer: the worker did not come back in time."


def send_soon(purchase_ids: Iterable[int]) -> None:
    """Send the purchases to the workers when the transaction has been committed."""
    transaction.on_commit(partial(send_queued, list(purchase_ids)))


def send_queued(purchase_ids: list[int]) -> None:
    """Publish; where the broker can't be reached, leave it to the next sweep."""
    if not publish(SUBMIT, purchase_ids):
        waiting = Purchase.objects.filter(pk__in=purchase_ids, status=Status.QUEUED, not_before__isnull=True)
        waiting.update(next_action_at=timezone.now())


def publish(task: str, purchase_ids: Iterable[int]) -> bool:
    """One message a purchase; False where the broker could not be reached."""
    try:
        for purchase_id in purchase_ids:
            current_app.send_task(task, args=[purchase_id])
    except OperationalError as error:
        logger.warning("The broker could not be reached (%s); the next sweep sends again", type(error).__name__)
        return False
    return True


def sweep() -> dict[str, int]:
    """Everything that is due: leases that ran out, queued purchases, look-ups. Harmless when it runs twice."""
    return {
        "lapsed": lapse_leases(),
        "closed": close_left_behind(),
        "submitted": send_due(Status.QUEUED, SUBMIT),
        "looked_up": send_due(Status.UNCERTAIN, LOOK_UP),
    }


def send_due(status: Status, task: str) -> int:
    """Publish what is due in ``status``, after moving its due time on; returns how many messages went out."""
    now = timezone.now()
    due = Purchase.objects.filter(status=status, next_action_at__lte=now, sandbox=settings.SANDBOX)
    ids = list(due.order_by("next_action_at", "pk").values_list("pk", flat=True)[: settings.PURCHASE_DISPATCH_BATCH])
    again_at = now + timedelta(seconds=settings.PURCHASE_REDISPATCH_SECONDS)
    # Of two sweeps at once, each row goes to the one whose update finds it still due.
    if not due.filter(pk__in=ids).update(next_action_at=again_at):
        return 0
    moved = Purchase.objects.filter(pk__in=ids, status=status, next_action_at=again_at)
    taken = list(moved.order_by("pk").values_list("pk", flat=True))
    if not publish(task, taken):
        moved.update(next_action_at=now)
        return 0
    return len(taken)


def lapse_leases() -> int:
    """A worker that did not come back in time may have bought: its purchase is uncertain, never queued again."""
    now = timezone.now()
    overdue = Purchase.objects.filter(status=Status.SUBMITTING, next_action_at__lte=now)
    return sum(lapse(purchase) for purchase in overdue[: settings.PURCHASE_DISPATCH_BATCH])


@transaction.atomic
def lapse(purchase: Purchase) -> bool:
    attempt = PurchaseAttempt.objects.filter(purchase=purchase, answer=Answer.PENDING).first()
    try:
        transition(
            purchase,
            to=Status.UNCERTAIN,
            because="The worker did not come back in time. The number may have been bought.",
            due_at=timezone.now(),
            uncertain_since=timezone.now(),
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
    left = PurchaseAttempt.objects.filter(answer=Answer.PENDING, started_at__lte=timezone.now() - lease).exclude(
        purchase__status=Status.SUBMITTING
    )
    attempts = list(left[: settings.PURCHASE_DISPATCH_BATCH])
    for attempt in attempts:
        close_attempt(attempt, answer=Answer.UNKNOWN, words=NO_ANSWER)
    return len(attempts)
