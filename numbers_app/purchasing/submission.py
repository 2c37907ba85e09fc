"""Claim, commit, call, record: one POST for one purchase.

No transaction is open while HTTP is under way, and no HTTP is under way that the database does not know of.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from numbers_app.leadconnector.client import Bought, LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent, OutcomeUnknown, Refused, Reply
from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import Answer, Evidence, Purchase, PurchaseAttempt, PurchaseEvent, Status
from numbers_app.provider import NoToken, client_for
from numbers_app.purchasing.lifecycle import (
    WorldMovedOn,
    backoff,
    close_attempt,
    confirm_bought,
    transition,
)

logger = logging.getLogger(__name__)

LATEST_START_SECONDS = 10  # a claim older than this is not sent: the process was asleep, and the lease may have run out
REPLY_KEPT = 64 * 1024  # characters of a reply that an attempt keeps; the mirror keeps the last one whole


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to send one POST, until the lease runs out."""

    purchase: Purchase
    attempt: PurchaseAttempt
    taken: float
    """Seconds of the monotonic clock."""


def submit(purchase_id: int, *, client: LeadConnectorClient | None = None) -> None:
    """Buy the number of a queued purchase; does nothing where the purchase is not queued any more."""
    claim = claim_queued(purchase_id)
    if claim is None:
        return
    try:
        client = client or client_for(claim.purchase.location)
        bought = call(client, claim)
    except NoToken as error:
        record_not_sent(claim, NotSent(str(error)))
    except NotSent as error:
        record_not_sent(claim, error)
    except Refused as error:
        record_refused(claim, error)
    except OutcomeUnknown as error:
        record_unknown(claim, error)
    else:
        record_bought(claim, bought)


@transaction.atomic
def claim_queued(purchase_id: int) -> Claim | None:
    """Take a queued purchase and write the attempt, in one transaction; None where another took it first.

    The claim is a conditional update: it is right on both databases, where a row lock is not (SQLite has none). A
    message that came twice finds the purchase claimed, or held back by the wait that the provider asked for.
    """
    now = timezone.now()
    may_go = Q(not_before__isnull=True) | Q(not_before__lte=now)
    queued = Purchase.objects.filter(may_go, pk=purchase_id, status=Status.QUEUED, sandbox=settings.SANDBOX)
    claimed = queued.update(
        status=Status.SUBMITTING,
        next_action_at=now + timedelta(seconds=settings.PURCHASE_LEASE_SECONDS),
        not_before=None,
        attempt_count=F("attempt_count") + 1,
        absent_at=None,
    )
    if not claimed:
        return None
    purchase = Purchase.objects.select_related("location").get(pk=purchase_id)
    attempt = PurchaseAttempt.objects.create(
        purchase=purchase,
        number=purchase.attempt_count,
        worker=worker_name(),
        request_body=purchase_request(purchase).body(),
        started_at=now,
    )
    PurchaseEvent.objects.create(
        purchase=purchase,
        at=now,
        from_status=Status.QUEUED,
        to_status=Status.SUBMITTING,
        because=f"Attempt {attempt.number} is sent to the provider.",
        attempt=attempt,
    )
    return Claim(purchase=purchase, attempt=attempt, taken=time.monotonic())


def call(client: LeadConnectorClient, claim: Claim) -> Bought:
    """The POST itself; raises `NotSent` for a claim that has grown too old to be sent."""
    # The monotonic clock stands still while the machine sleeps, and the wall clock may be set back.
    on_the_wall = (timezone.now() - claim.attempt.started_at).total_seconds()
    age = max(time.monotonic() - claim.taken, on_the_wall)
    if age > LATEST_START_SECONDS:
        raise NotSent(f"The worker was held up for {age:.0f} s before sending; nothing was sent.")
    return client.purchase(claim.purchase.location.location_id, purchase_request(claim.purchase))


def purchase_request(purchase: Purchase) -> PurchaseRequest:
    return PurchaseRequest(**{name: getattr(purchase, name) for name in BODY_NAMES})


def record_bought(claim: Claim, bought: Bought) -> None:
    """The numbers map shows the number: write it down, from whatever status."""
    with transaction.atomic():
        confirm_bought(
            claim.purchase.pk,
            evidence=Evidence.REPLY,
            because="The reply's numbers map shows the number.",
            seen_at=bought.reply.received_at,
            account=bought.account,
            attempt=claim.attempt,
        )
        close_attempt(claim.attempt, answer=Answer.BOUGHT, words="", **reply_columns(bought.reply))


def record_refused(claim: Claim, error: Refused) -> None:
    """Not bought, says the provider; but after an unknown outcome "no longer available" may mean that we own it."""
    doubtful = claim.purchase.attempts.filter(answer=Answer.UNKNOWN).exclude(pk=claim.attempt.pk).exists()
    if doubtful:
        because = f"{error.words} An earlier attempt's outcome is unknown, so the list is looked at first."
        conclude(claim, error, answer=Answer.REFUSED, to=Status.UNCERTAIN, because=because, due_in=timedelta(0))
    else:
        conclude(claim, error, answer=Answer.REFUSED, to=Status.REJECTED, because=error.words)


def record_not_sent(claim: Claim, error: NotSent) -> None:
    """Back to the queue with backoff, while attempts last."""
    if claim.purchase.attempt_count >= settings.PURCHASE_MAX_ATTEMPTS:
        because = f"Given up after {claim.purchase.attempt_count} attempts. {error.words}"
        conclude(claim, error, answer=Answer.NOT_SENT, to=Status.FAILED, because=because)
        return
    wait = backoff(claim.purchase.attempt_count, at_least=error.retry_after or 0)
    conclude(claim, error, answer=Answer.NOT_SENT, to=Status.QUEUED, because=error.words, due_in=wait)


def record_unknown(claim: Claim, error: OutcomeUnknown) -> None:
    """It may have been bought: look before anything else is done."""
    conclude(claim, error, answer=Answer.UNKNOWN, to=Status.UNCERTAIN, because=error.words, due_in=timedelta(0))


def conclude(
    claim: Claim,
    error: LeadConnectorError,
    *,
    answer: Answer,
    to: Status,
    because: str,
    due_in: timedelta | None = None,
) -> None:
    """Complete the attempt and move on; a purchase that meanwhile left this attempt behind keeps its status."""
    now = timezone.now()
    columns: dict[str, Any] = {"uncertain_since": now} if to == Status.UNCERTAIN else {}
    with transaction.atomic():
        try:
            transition(
                claim.purchase,
                to=to,
                because=because,
                due_at=None if due_in is None else now + due_in,
                attempt=claim.attempt,
                **columns,
            )
        except WorldMovedOn:
            logger.warning("Purchase %s moved on before attempt %s ended", claim.purchase.pk, claim.attempt.number)
        close_attempt(claim.attempt, answer=answer, words=error.words, **reply_columns(error.reply))


def reply_columns(reply: Reply | None) -> dict[str, Any]:
    """What an attempt keeps of a reply; nothing where none came."""
    if reply is None:
        return {}
    return {
        "status_code": reply.status,
        "trace_id": reply.trace_id[:200],
        "reply_headers": dict(reply.headers),
        "reply_body": reply.text[:REPLY_KEPT].replace("\x00", ""),
        "duration_ms": round(reply.duration_seconds * 1000),
    }


def worker_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{threading.current_thread().name}"[:200]
