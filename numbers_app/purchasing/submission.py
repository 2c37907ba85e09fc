"""Claim, commit, call: one POST for one purchase, never without a claim that is committed before.

No transaction is open while HTTP is under way, and no HTTP is under way that the database does not know of. Purchases
are claimed in batches, for one alone costs as many round trips as a batch.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from numbers_app import clock
from numbers_app.leadconnector.budget import Grant, Purpose
from numbers_app.leadconnector.client import Bought, LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent
from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import LineStatus, OrderStatus, Purchase, PurchaseAttempt, PurchaseEvent, Status
from numbers_app.models.purchase import PurchaseQuerySet
from numbers_app.provider import NoToken, budget, connect, tokens_for
from numbers_app.purchasing.pausing import pause_location

LONGEST_PUT_OFF_SECONDS = 20  # less than a message is waited for: what is put off must not count as on its way
LATEST_START_SECONDS = 10  # a claim older than this is not sent: the process was asleep, and the lease may have run out


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to send one POST, until the lease runs out."""

    purchase: Purchase
    attempt: PurchaseAttempt
    client: LeadConnectorClient
    taken: float
    """Seconds of the monotonic clock."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a claim's POST: the proof of a purchase, or one of the three other answers."""

    claim: Claim
    answer: Bought | LeadConnectorError
    at: datetime
    """When it was known, by the database's clock."""


def claim_queued(purchase_ids: Iterable[int]) -> list[Claim]:
    """Take those of the purchases that may be sent now; the others are taken already, or fall due later.

    A location without a usable token has its queue stopped. Where the request budget is used up, a purchase is put off
    until there is more, and holds nobody up.
    """
    waiting = list(ready().filter(pk__in=purchase_ids).select_related("location").order_by("pk"))
    clients = open_clients(waiting)
    payable = pay_for([purchase for purchase in waiting if purchase.location_id in clients])
    return take(payable, clients=clients) if payable else []


def ready() -> PurchaseQuerySet:
    """Queued purchases that may be sent now. A message that came twice must not shorten a wait."""
    may_go = Q(not_before__isnull=True) | Q(not_before__lte=clock.now())
    queued = Purchase.objects.filter(
        may_go, status=Status.QUEUED, sandbox=settings.SANDBOX, location__paused_at__isnull=True
    )
    # What comes back into the queue after its order was paused or cancelled stays there until that is known; and so
    # does a substitute when the number that it was to replace was bought after all.
    under_way = queued.filter(order__cancelled_at__isnull=True).exclude(order__status=OrderStatus.PAUSED)
    return under_way.exclude(line__status=LineStatus.BOUGHT)


def open_clients(purchases: Iterable[Purchase]) -> dict[int, LeadConnectorClient]:
    """A client for each of the purchases' locations that has a usable token, by its key; stops the others' queues."""
    locations = {purchase.location_id: purchase.location for purchase in purchases}
    clients = {}
    for pk, token in tokens_for(locations.values()).items():
        try:
            if isinstance(token, NoToken):
                raise token
            clients[pk] = connect(token, purpose=Purpose.BUYING)
        except NoToken as error:
            pause_location(pk, because=str(error))
    return clients


def pay_for(purchases: list[Purchase]) -> list[Purchase]:
    """Those that the request budget has room for, the first asked for first; puts the others off."""
    wanted = Counter(purchase.location.location_id for purchase in purchases)
    if not wanted:
        return []
    grants = budget().take(wanted, purpose=Purpose.BUYING)
    left = {key: grant.granted for key, grant in grants.items()}
    paid = []
    for purchase in purchases:
        key = purchase.location.location_id
        if left[key]:
            left[key] -= 1
            paid.append(purchase)
        else:
            put_off(purchase, grants[key])
    return paid


def put_off(purchase: Purchase, grant: Grant) -> None:
    """Not for long: looking again costs nothing, and the wait is only as true as the header that said it."""
    due_at = clock.now() + timedelta(seconds=min(grant.wait_seconds, LONGEST_PUT_OFF_SECONDS))
    Purchase.objects.filter(pk=purchase.pk, status=Status.QUEUED).update(next_action_at=due_at)


@transaction.atomic
def take(purchases: list[Purchase], *, clients: dict[int, LeadConnectorClient]) -> list[Claim]:
    """Claim what is still queued, and write its attempts, in one transaction.

    The claim is a conditional update: it is right on both databases, where a row lock is not (SQLite has none).
    """
    now = clock.now()
    wanted = {purchase.pk: purchase for purchase in purchases}
    free = ready().filter(pk__in=wanted).select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    counts = dict(free.values_list("pk", "attempt_count"))
    claimed = Purchase.objects.filter(pk__in=counts, status=Status.QUEUED).update(
        status=Status.SUBMITTING,
        next_action_at=now + timedelta(seconds=settings.PURCHASE_LEASE_SECONDS),
        not_before=None,
        attempt_count=F("attempt_count") + 1,
        absent_at=None,
    )
    if claimed != len(counts):
        raise RuntimeError(f"Claimed {claimed} purchases, but {len(counts)} were locked.")
    taken = [as_claimed(wanted[pk], attempt_count=count + 1) for pk, count in counts.items()]
    attempts = PurchaseAttempt.objects.bulk_create(
        PurchaseAttempt(
            purchase=purchase,
            number=purchase.attempt_count,
            worker=worker_name(),
            request_body=purchase_request(purchase).body(),
            started_at=now,
        )
        for purchase in taken
    )
    PurchaseEvent.objects.bulk_create(
        PurchaseEvent(
            purchase=attempt.purchase,
            at=now,
            from_status=Status.QUEUED,
            to_status=Status.SUBMITTING,
            because=f"Attempt {attempt.number} is sent to the provider.",
            attempt=attempt,
        )
        for attempt in attempts
    )
    moment = time.monotonic()
    return [
        Claim(purchase=attempt.purchase, attempt=attempt, client=clients[attempt.purchase.location_id], taken=moment)
        for attempt in attempts
    ]


def as_claimed(purchase: Purchase, *, attempt_count: int) -> Purchase:
    purchase.status, purchase.attempt_count = Status.SUBMITTING, attempt_count
    return purchase


def send(claim: Claim) -> Outcome:
    """The POST itself. It touches no database, and what it raises is a bug."""
    answer: Bought | LeadConnectorError
    try:
        refuse_stale(claim)
        answer = claim.client.purchase(claim.purchase.location.location_id, purchase_request(claim.purchase))
    except LeadConnectorError as error:
        answer = error
    return Outcome(claim=claim, answer=answer, at=clock.now())


def refuse_stale(claim: Claim) -> None:
    """Raises `NotSent` for a claim that has grown too old to be sent."""
    # The monotonic clock stands still while the machine sleeps, and the wall clock may be set back.
    on_the_wall = (clock.now() - claim.attempt.started_at).total_seconds()
    age = max(time.monotonic() - claim.taken, on_the_wall)
    if age > LATEST_START_SECONDS:
        raise NotSent(f"The worker was held up for {age:.0f} s before sending; nothing was sent.")


def purchase_request(purchase: Purchase) -> PurchaseRequest:
    return PurchaseRequest(**{name: getattr(purchase, name) for name in BODY_NAMES})


def worker_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{threading.current_thread().name}"[:200]
