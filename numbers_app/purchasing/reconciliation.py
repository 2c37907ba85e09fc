"""Finds out what became of a purchase whose outcome is unknown: by the provider's own list, and by nothing else.

Present on the list: bought. Absent: only two absences in full reads, the first not before the last attempt has had time
to show up (the settle time), mean that it was not bought. The list can lag behind a purchase, so one proves nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from numbers_app import clock
from numbers_app.inventory import merge_active_numbers
from numbers_app.leadconnector.budget import Purpose
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.payloads import ActiveNumbers
from numbers_app.models import LIVE, Answer, Evidence, Location, LookUpResult, MailKind, Purchase, Status
from numbers_app.provider import NoToken, client_for
from numbers_app.purchasing.lifecycle import (
    LONGEST_ASKED_WAIT_SECONDS,
    TOKEN_REFUSED,
    WorldMovedOn,
    backoff,
    locked_purchases,
    transition,
)
from numbers_app.purchasing.look_ups import note_look_ups, what_was_said
from numbers_app.purchasing.notifying import write_mails
from numbers_app.purchasing.pausing import pause_location
from numbers_app.purchasing.proving import Proof, confirm_all, confirm_bought

E = TypeVar("E")

MOST_TOGETHER = 100  # conclusions in one transaction
ON_THE_LIST = "The provider's list of active numbers shows the number."

logger = logging.getLogger(__name__)


def look_up(purchase_id: int, *, client: LeadConnectorClient | None = None) -> None:
    """Read the location's list in full for an uncertain purchase, and record what it shows.

    One read serves every uncertain purchase of the location.
    """
    location = Location.objects.filter(
        purchases__pk=purchase_id, purchases__status=Status.UNCERTAIN, purchases__sandbox=settings.SANDBOX
    ).first()
    if location is None:
        return
    waiting = list(
        Purchase.objects.filter(location=location, status=Status.UNCERTAIN, sandbox=settings.SANDBOX).order_by("pk")
    )
    began_at, started = clock.now(), time.monotonic()
    try:
        client = client or client_for(location, purpose=Purpose.BUYING)
        listed = by_our_clock(client.list_active(location.location_id))
    except (LeadConnectorError, NoToken) as error:
        duration_ms = milliseconds_since(started)
        logger.warning("The list of %s could not be read: %s", location.location_id, error)
        if isinstance(error, NoToken) or error.status in TOKEN_REFUSED:
            pause_location(location.pk, because=str(error))
        for batch in batches(waiting):
            record_no_lists(batch, error, at=began_at, duration_ms=duration_ms)
    else:
        duration_ms = milliseconds_since(started)
        try:
            merge_active_numbers(location=location, listed=listed)
        finally:  # what can't be mirrored must not keep the purchases from their end
            for batch in batches(waiting):
                record_list(batch, listed, duration_ms=duration_ms)
            settle_listed(location=location, listed=listed)


def milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def batches(purchases: Sequence[Purchase]) -> Iterator[Sequence[Purchase]]:
    """As many at a time as one transaction concludes."""
    for at in range(0, len(purchases), MOST_TOGETHER):
        yield purchases[at : at + MOST_TOGETHER]


def by_our_clock(listed: ActiveNumbers) -> ActiveNumbers:
    """The list with the time of its read by the database's clock, which the settle time is measured by."""
    return replace(listed, read_started_at=clock.correct(listed.read_started_at))


def quietly(record: Callable[[Purchase, E], None], purchase: Purchase, evidence: E) -> bool:
    """Record, unless somebody else has found out meanwhile; returns whether it was recorded."""
    try:
        record(purchase, evidence)
    except WorldMovedOn:
        logger.info("Purchase %s was settled by somebody else meanwhile", purchase.pk)
        return False
    return True


@transaction.atomic
def record_list(purchases: Sequence[Purchase], listed: ActiveNumbers, *, duration_ms: int | None = None) -> None:
    """Draw the conclusion of a full read for purchases as they were before it, and note that they were looked up."""
    now = locked_purchases(purchase.pk for purchase in purchases)
    shown = {number.phone_number: number for number in listed.numbers}
    confirm_all(
        [
            Proof(
                purchase=purchase,
                evidence=Evidence.LIST,
                because=ON_THE_LIST,
                seen_at=listed.read_started_at,
                number_sid=shown[purchase.phone_number].sid,
            )
            for purchase in now.values()
            if purchase.phone_number in shown
        ]
    )
    results = {pk: LookUpResult.SHOWN for pk, purchase in now.items() if purchase.phone_number in shown}
    for purchase in purchases:
        # The attempt count tells two stays in one status apart: a list read for the first says nothing of the second.
        same = now[purchase.pk]
        if (same.status, same.attempt_count) == (Status.UNCERTAIN, purchase.attempt_count) and quietly(
            record_absence, same, listed.read_started_at
        ):
            results[same.pk] = LookUpResult.ABSENT
    note_look_ups(
        results,
        at=listed.read_started_at,
        duration_ms=duration_ms,
        listed=len(listed.numbers),
        trace_id=listed.trace_id,
    )


def settle_listed(*, location: Location, listed: ActiveNumbers) -> int:
    """Confirm every purchase of the location that a full read shows after all; returns how many.

    Evidence wins from every status, but a number may also be on the list by another's doing. So it is evidence for a
    purchase with an attempt whose outcome is unknown, and for no other; and one that another purchase explains, or may
    yet explain, is left alone. Each is a transaction of its own: purchases are locked before the account.
    """
    shown = {number.phone_number: number for number in listed.numbers}
    doubtful = Purchase.objects.filter(
        location=location,
        sandbox=settings.SANDBOX,
        status__in=(Status.UNCERTAIN, Status.NEEDS_REVIEW, Status.FAILED, Status.REJECTED, Status.CANCELLED),
        attempts__answer=Answer.UNKNOWN,
    ).distinct()
    found = [purchase for purchase in doubtful.order_by("pk") if purchase.phone_number in shown]
    settled = 0
    for purchase in found:
        others = Purchase.objects.filter(phone_number=purchase.phone_number).exclude(pk=purchase.pk)
        if others.filter(status__in=(*LIVE, Status.PURCHASED)).exists():
            continue
        confirm_bought(
            purchase.pk,
            evidence=Evidence.LIST,
            because=ON_THE_LIST,
            seen_at=listed.read_started_at,
            number_sid=shown[purchase.phone_number].sid,
        )
        settled += 1
    return settled


def record_absence(purchase: Purchase, read_started_at: datetime) -> None:
    """One full read did not show the number."""
    settled_at = last_activity(purchase) + timedelta(seconds=settings.PURCHASE_SETTLE_SECONDS)
    pause = timedelta(seconds=settings.PURCHASE_LOOKUP_SECONDS)
    first = purchase.absent_at
    if read_started_at < settled_at:
        remember(purchase, absent_at=None, due_at=min(clock.now() + pause, settled_at))
    elif first is None or first < settled_at:  # an attempt that ended after the first absence makes it worthless
        remember(purchase, absent_at=read_started_at, due_at=clock.now() + pause)
    elif read_started_at >= first + pause:
        record_not_bought(purchase)
    else:
        remember(purchase, absent_at=first, due_at=first + pause)


def record_not_bought(purchase: Purchase) -> None:
    """Two absences: ask for it again while retries last, else give up."""
    absences = "Two full reads of the provider's list did not show the number: it was not bought."
    columns = {"absent_at": None, "uncertain_since": None}
    if because := reason_to_give_up(purchase):
        transition(purchase, to=Status.FAILED, because=f"{absences} {because}", **columns)
        return
    due_at = clock.now() + backoff(purchase.attempt_count)
    transition(purchase, to=Status.QUEUED, because=f"{absences} It is asked for again.", due_at=due_at, **columns)


def reason_to_give_up(purchase: Purchase) -> str:
    """Why a purchase that was not bought is not asked for again; empty while it may be."""
    attempts = list(purchase.attempts.order_by("number"))
    if attempts and attempts[-1].answer == Answer.REFUSED:
        # It was looked up only because an earlier attempt's outcome was unknown; now that is known too.
        return f"The provider refused it: {attempts[-1].words}"
    unknown = sum(attempt.answer == Answer.UNKNOWN for attempt in attempts)
    if unknown >= settings.PURCHASE_MAX_UNKNOWN:
        return f"Given up after {unknown} attempts without an answer."
    if len(attempts) >= settings.PURCHASE_MAX_ATTEMPTS:
        return f"Given up after {len(attempts)} attempts."
    return ""


@transaction.atomic
def record_no_lists(purchases: Sequence[Purchase], error: Exception, *, at: datetime, duration_ms: int) -> None:
    """What follows for each of the purchases from a read that failed, and that they were looked up.

    Each is locked by its own change, in the order of their keys; what somebody else has settled is left out.
    """
    noted = [purchase.pk for purchase in purchases if quietly(record_no_list, purchase, error)]
    results = dict.fromkeys(noted, LookUpResult.UNREADABLE)
    note_look_ups(results, at=at, duration_ms=duration_ms, **what_was_said(error))


def record_no_list(purchase: Purchase, error: Exception) -> None:
    """Without the list nothing is known: keep looking, and in the end ask a person."""
    now = clock.now()
    since = purchase.uncertain_since or now
    if now - since >= timedelta(seconds=settings.PURCHASE_REVIEW_AFTER_SECONDS):
        ask_a_person(
            purchase, because=f"The provider's list could not be read in time, so a person must decide. {error}"
        )
        return
    looked_for = (now - since).total_seconds()
    pause = min(max(settings.PURCHASE_LOOKUP_SECONDS, looked_for / 4), settings.PURCHASE_BACKOFF_MAX_SECONDS)
    asked_to_wait = min(getattr(error, "retry_after", None) or 0, LONGEST_ASKED_WAIT_SECONDS)
    remember(purchase, absent_at=purchase.absent_at, due_at=now + timedelta(seconds=max(pause, asked_to_wait)))


@transaction.atomic
def ask_a_person(purchase: Purchase, *, because: str) -> None:
    """Put it on the review desk, and tell those who can decide."""
    transition(purchase, to=Status.NEEDS_REVIEW, because=because)
    write_mails(MailKind.NEEDS_REVIEW, purchase=purchase)


def last_activity(purchase: Purchase) -> datetime:
    """When an attempt can have had its effect at the latest.

    Of all attempts: a worker that was held up may end the first one after the second.
    """
    ended: datetime | None = purchase.attempts.aggregate(last=Max("finished_at"))["last"]
    return ended or purchase.created_at


def remember(purchase: Purchase, *, absent_at: datetime | None, due_at: datetime) -> None:
    """Note what was seen and when to look again; raises `WorldMovedOn`."""
    rows = Purchase.objects.filter(
        pk=purchase.pk, status=Status.UNCERTAIN, attempt_count=purchase.attempt_count, absent_at=purchase.absent_at
    )
    if not rows.update(absent_at=absent_at, next_action_at=due_at):
        raise WorldMovedOn(f"Purchase {purchase.pk} is no longer uncertain.")
