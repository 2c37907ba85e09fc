"""Where a purchase changes its status: here alone, but for the claim, which is one conditional update of its own.

Every change is one conditional update, with its event in the same transaction. It fails loudly when the world moved on.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from numbers_app import clock
from numbers_app.models import (
    FINAL,
    TIMED,
    Answer,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    Status,
)
from numbers_app.models.batches import update_each
from numbers_app.models.storing import storable_columns

TOKEN_REFUSED = frozenset({401, 403})  # statuses that every call of the location would meet
LONGEST_ASKED_WAIT_SECONDS = 24 * 60 * 60  # the provider's longest limit is a day's; a longer wait is a mistake

# Evidence of a purchase wins from every status, so `purchased` is reached by `confirm_bought` alone.
ALLOWED: dict[Status, frozenset[Status]] = {
    Status.AWAITING_APPROVAL: frozenset({Status.ON_HOLD, Status.CANCELLED}),
    Status.ON_HOLD: frozenset({Status.QUEUED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.SUBMITTING, Status.ON_HOLD, Status.CANCELLED}),
    Status.SUBMITTING: frozenset({Status.REJECTED, Status.QUEUED, Status.UNCERTAIN, Status.FAILED}),
    Status.UNCERTAIN: frozenset({Status.QUEUED, Status.FAILED, Status.NEEDS_REVIEW}),
    Status.NEEDS_REVIEW: frozenset({Status.FAILED, Status.UNCERTAIN}),
    Status.PURCHASED: frozenset(),
    Status.REJECTED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class WorldMovedOn(Exception):
    """The purchase is no longer in the status that the caller saw."""


@transaction.atomic
def transition(
    purchase: Purchase,
    *,
    to: Status,
    because: str,
    due_at: datetime | None = None,
    attempt: PurchaseAttempt | None = None,
    actor: Any = None,
    **columns: Any,
) -> None:
    """Move ``purchase`` from the status it was read in to ``to``, and write the event.

    ``due_at`` says when something is to be done next (required for a timed status). Raises `WorldMovedOn` when the
    purchase has moved on meanwhile, ValueError for a step that is not in ALLOWED.
    """
    refuse_step(purchase, to)
    move(purchase, to=to, because=because, due_at=due_at, attempt=attempt, actor=actor, columns=columns)


def refuse_step(purchase: Purchase, to: Status) -> None:
    seen = Status(purchase.status)
    if to not in ALLOWED[seen]:
        raise ValueError(f"A purchase does not go from {seen} to {to}.")


def move(purchase: Purchase, **step: Any) -> None:
    """Take one step; see `Step`. Raises `WorldMovedOn`."""
    move_all([Step(purchase=purchase, **step)])


@dataclass(kw_only=True)
class Step:
    """One purchase's way to another status; ``columns`` are what changes besides."""

    purchase: Purchase
    to: Status
    because: str
    due_at: datetime | None = None
    attempt: PurchaseAttempt | None = None
    actor: Any = None
    columns: dict[str, Any] = field(default_factory=dict)

    def changes(self, now: datetime) -> dict[str, Any]:
        return {
            **storable_columns(Purchase, {**self.columns, "reason": self.because}),
            "status": self.to,
            "next_action_at": self.due_at if self.to in TIMED else None,
            "not_before": self.due_at if self.to == Status.QUEUED else None,
            "finished_at": now if self.to in FINAL else None,
        }


def move_all(steps: Sequence[Step]) -> None:
    """Take every step, with its event; raises `WorldMovedOn` where any purchase is not as it was read.

    Belongs into a transaction: a step that fails undoes the others.
    """
    now = clock.now()
    changes = [step.changes(now) for step in steps]
    # The attempt count tells two stays in one status apart: a late worker must not conclude another's attempt.
    as_read = [
        {"id": step.purchase.pk, "status": step.purchase.status, "attempt_count": step.purchase.attempt_count}
        for step in steps
    ]
    if update_each(Purchase, zip(as_read, changes, strict=True)) != len(steps):
        raise WorldMovedOn(f"No longer as they were read: {', '.join(str(step.purchase) for step in steps)}.")
    write_steps(steps, changes, now)


def move_alike(purchases: Sequence[Purchase], **step: Any) -> None:
    """Take the same step with every one of the purchases, which must be locked; see `Step`. Raises `WorldMovedOn`."""
    if not purchases:
        return
    for purchase in purchases:
        refuse_step(purchase, step["to"])
    now = clock.now()
    steps = [Step(purchase=purchase, **step) for purchase in purchases]
    changes = steps[0].changes(now)
    as_read = Purchase.objects.filter(
        pk__in=[purchase.pk for purchase in purchases], status__in={purchase.status for purchase in purchases}
    )
    if as_read.update(**changes) != len(purchases):
        raise WorldMovedOn(f"No longer as they were read: {len(purchases)} purchases from {purchases[0]} on.")
    write_steps(steps, [changes] * len(steps), now)


def write_steps(steps: Sequence[Step], changes: Sequence[dict[str, Any]], now: datetime) -> None:
    """The events of steps that were taken; the purchases are then as the database has them."""
    PurchaseEvent.objects.bulk_create(
        PurchaseEvent(
            purchase=step.purchase,
            at=now,
            from_status=step.purchase.status,
            to_status=step.to,
            because=changed["reason"],
            attempt=step.attempt,
            actor=step.actor,
        )
        for step, changed in zip(steps, changes, strict=True)
    )
    for step, changed in zip(steps, changes, strict=True):
        for name, value in changed.items():
            setattr(step.purchase, name, value)


def locked_purchase(purchase_id: int) -> Purchase:
    """One purchase as it is now; raises KeyError where there is none."""
    return locked_purchases([purchase_id])[purchase_id]


def locked_purchases(purchase_ids: Iterable[int]) -> dict[int, Purchase]:
    """The purchases as they are now, locked where the database can.

    Every transaction locks purchases, in the order of their keys, before accounts, and those before attempts: so none
    wait in a ring.
    """
    rows = Purchase.objects.select_related("location").select_for_update(of=("self",)).order_by("pk")
    return rows.in_bulk(list(purchase_ids))


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a POST ended; ``columns`` are what is kept of its reply."""

    attempt: PurchaseAttempt
    answer: Answer
    words: str
    columns: Mapping[str, Any] = field(default_factory=dict)


def close_attempt(attempt: PurchaseAttempt, *, answer: Answer, words: str) -> None:
    """Write down how a POST ended."""
    close_attempts([Ending(attempt=attempt, answer=answer, words=words)])


def close_attempts(endings: Iterable[Ending]) -> None:
    """Write down how POSTs ended; a later, better answer replaces "unknown".

    Call it after the purchases' own changes: every transaction locks the purchases first, so that none wait in a ring.
    """
    finished_at = clock.now()
    changes = []
    for ending in endings:
        said = storable_columns(PurchaseAttempt, {"words": ending.words})
        to_set = {**ending.columns, **said, "answer": ending.answer, "finished_at": finished_at}
        changes.append(({"id": ending.attempt.pk, "answer": (Answer.PENDING, Answer.UNKNOWN)}, to_set))
    update_each(PurchaseAttempt, changes)


def backoff(attempt_count: int, *, at_least: float = 0) -> timedelta:
    """How long to wait after so many attempts: doubled each time, up to the limit, with jitter; never less than asked.

    The jitter keeps purchases that failed together from coming back together.
    """
    longest = settings.PURCHASE_BACKOFF_MAX_SECONDS
    wait = min(settings.PURCHASE_BACKOFF_SECONDS * 2 ** max(attempt_count - 1, 0), longest)
    return timedelta(seconds=max(wait * random.uniform(0.75, 1.25), min(at_least, LONGEST_ASKED_WAIT_SECONDS)))
