"""The only place where a purchase changes its status.

Every change is one conditional update, with its event in the same transaction. It fails loudly when the world moved on.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from numbers_app.inventory import merge_account_state, merge_bought_number
from numbers_app.leadconnector.payloads import AccountState
from numbers_app.models import (
    FINAL,
    TIMED,
    Answer,
    Evidence,
    Location,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    Status,
    TwilioAccount,
)
from numbers_app.models.storing import storable_columns

LONGEST_ASKED_WAIT_SECONDS = 24 * 60 * 60  # the provider's longest limit is a day's; a longer wait is a mistake

# Evidence of a purchase wins from every status, so `purchased` is reached by `confirm_bought` alone.
ALLOWED: dict[Status, frozenset[Status]] = {
    Status.AWAITING_APPROVAL: frozenset({Status.QUEUED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.SUBMITTING, Status.CANCELLED}),
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
    seen = Status(purchase.status)
    if to not in ALLOWED[seen]:
        raise ValueError(f"A purchase does not go from {seen} to {to}.")
    move(purchase, to=to, because=because, due_at=due_at, attempt=attempt, actor=actor, **columns)


def move(
    purchase: Purchase,
    *,
    to: Status,
    because: str,
    due_at: datetime | None,
    attempt: PurchaseAttempt | None,
    actor: Any = None,
    **columns: Any,
) -> None:
    now = timezone.now()
    seen = purchase.status
    changes: dict[str, Any] = {
        **storable_columns(Purchase, {**columns, "reason": because}),
        "status": to,
        "next_action_at": due_at if to in TIMED else None,
        "not_before": due_at if to == Status.QUEUED else None,
        "finished_at": now if to in FINAL else None,
    }
    # The attempt count tells two stays in one status apart: a late worker must not conclude another's attempt.
    as_read = Purchase.objects.filter(pk=purchase.pk, status=seen, attempt_count=purchase.attempt_count)
    if not as_read.update(**changes):
        raise WorldMovedOn(f"Purchase {purchase.pk} is no longer {seen}.")
    PurchaseEvent.objects.create(
        purchase=purchase,
        at=now,
        from_status=seen,
        to_status=to,
        because=changes["reason"],
        attempt=attempt,
        actor=actor,
    )
    for name, value in changes.items():
        setattr(purchase, name, value)


@transaction.atomic
def confirm_bought(
    purchase_id: int,
    *,
    evidence: Evidence,
    because: str,
    seen_at: datetime,
    account: AccountState | None = None,
    attempt: PurchaseAttempt | None = None,
    actor: Any = None,
    number_sid: str = "",
) -> Purchase:
    """Record that the number was bought, from whatever status, however late. Merges the account state when given."""
    purchase = locked_purchase(purchase_id)
    if account:
        merge_account_state(location=purchase.location, state=account, seen_at=seen_at)
    elif evidence == Evidence.REPLY:
        merge_bought_number(location=purchase.location, phone_number=purchase.phone_number, seen_at=seen_at)
    account_sid = account.account_sid if account else mirrored_account_sid(purchase.location)
    said = {"account_sid": account_sid, "number_sid": number_sid}
    news = {name: value for name, value in said.items() if value and not getattr(purchase, name)}
    if purchase.status != Status.PURCHASED:
        columns: dict[str, Any] = {"confirmed_by": evidence, **news}
        move(purchase, to=Status.PURCHASED, because=because, due_at=None, attempt=attempt, actor=actor, **columns)
    elif news:
        Purchase.objects.filter(pk=purchase.pk).update(**storable_columns(Purchase, news))
    return purchase


def mirrored_account_sid(location: Location) -> str:
    """The list and a v3 reply don't say the account's SID; an earlier purchase of the location may have."""
    return TwilioAccount.objects.filter(location=location).values_list("account_sid", flat=True).first() or ""


def locked_purchase(purchase_id: int) -> Purchase:
    """The purchase as it is now, locked where the database can.

    Every transaction locks the purchase before the account, and that before the attempt: so none wait in a ring.
    """
    return Purchase.objects.select_related("location").select_for_update(of=("self",)).get(pk=purchase_id)


def close_attempt(attempt: PurchaseAttempt, *, answer: Answer, words: str, **columns: Any) -> None:
    """Write down how a POST ended; a later, better answer replaces "unknown".

    Call it after the purchase's own change: every transaction locks the purchase first, so that none wait in a ring.
    """
    finished_at = timezone.now()
    changes = {"answer": answer, "finished_at": finished_at, **columns}
    changes |= storable_columns(PurchaseAttempt, {"words": words})
    PurchaseAttempt.objects.filter(pk=attempt.pk, answer__in=(Answer.PENDING, Answer.UNKNOWN)).update(**changes)
    for name, value in changes.items():
        setattr(attempt, name, value)


def backoff(attempt_count: int, *, at_least: float = 0) -> timedelta:
    """How long to wait after so many attempts: doubled each time, up to the limit, with jitter; never less than asked.

    The jitter keeps purchases that failed together from coming back together.
    """
    longest = settings.PURCHASE_BACKOFF_MAX_SECONDS
    wait = min(settings.PURCHASE_BACKOFF_SECONDS * 2 ** max(attempt_count - 1, 0), longest)
    return timedelta(seconds=max(wait * random.uniform(0.75, 1.25), min(at_least, LONGEST_ASKED_WAIT_SECONDS)))
