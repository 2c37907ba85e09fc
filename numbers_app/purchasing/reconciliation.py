"""Finds out what became of a purchase whose outcome is unknown: by the provider's own list, and by nothing else.

Present on the list: bought. Absent: only two absences in full reads, the first not before the last attempt has had time
to show up (the settle time), mean that it was not bought. The list can lag behind a purchase, so one proves nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from numbers_app.inventory import merge_active_numbers
from numbers_app.leadconnector.client import LeadConnectorClient
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.leadconnector.payloads import ActiveNumbers
from numbers_app.models import Answer, Evidence, Purchase, Status
from numbers_app.provider import NoToken, client_for
from numbers_app.purchasing.lifecycle import WorldMovedOn, backoff, confirm_bought, transition

E = TypeVar("E")

logger = logging.getLogger(__name__)


def look_up(purchase_id: int, *, client: LeadConnectorClient | None = None) -> None:
    """Read the location's list in full for an uncertain purchase, and record what it shows."""
    purchase = (
        Purchase.objects.select_related("location")
        .filter(pk=purchase_id, status=Status.UNCERTAIN, sandbox=settings.SANDBOX)
        .first()
    )
    if purchase is None:
        return
    try:
        client = client or client_for(purchase.location)
        listed = client.list_active(purchase.location.location_id)
    except (LeadConnectorError, NoToken) as error:
        logger.warning("The list of %s could not be read: %s", purchase.location.location_id, error)
        quietly(record_no_list, purchase, str(error))
    else:
        quietly(record_list, purchase, listed)


def quietly(record: Callable[[Purchase, E], None], purchase: Purchase, evidence: E) -> None:
    """Record, unless somebody else has found out meanwhile."""
    try:
        record(purchase, evidence)
    except WorldMovedOn:
        logger.info("Purchase %s was settled by somebody else meanwhile", purchase.pk)


@transaction.atomic
def record_list(purchase: Purchase, listed: ActiveNumbers) -> None:
    """Merge the list into the mirror, and draw the conclusion for this purchase."""
    merge_active_numbers(location=purchase.location, listed=listed)
    number = listed.find(purchase.phone_number)
    if number:
        confirm_bought(
            purchase.pk,
            evidence=Evidence.LIST,
            because="The provider's list of active numbers shows the number.",
            seen_at=listed.read_started_at,
            number_sid=number.sid,
        )
    else:
        record_absence(purchase, read_started_at=listed.read_started_at)


def record_absence(purchase: Purchase, *, read_started_at: datetime) -> None:
    """One full read did not show the number."""
    settled_at = last_activity(purchase) + timedelta(seconds=settings.PURCHASE_SETTLE_SECONDS)
    pause = timedelta(seconds=settings.PURCHASE_LOOKUP_SECONDS)
    if read_started_at < settled_at:
        remember(purchase, absent_at=None, due_at=min(timezone.now() + pause, settled_at))
    elif purchase.absent_at is None:
        remember(purchase, absent_at=read_started_at, due_at=timezone.now() + pause)
    elif read_started_at >= purchase.absent_at + pause:
        record_not_bought(purchase)
    else:
        remember(purchase, absent_at=purchase.absent_at, due_at=purchase.absent_at + pause)


def record_not_bought(purchase: Purchase) -> None:
    """Two absences: ask for it again while retries last, else give up."""
    absences = "Two full reads of the provider's list did not show the number: it was not bought."
    columns = {"absent_at": None, "uncertain_since": None}
    unknown = purchase.attempts.filter(answer=Answer.UNKNOWN).count()
    if unknown >= settings.PURCHASE_MAX_UNKNOWN:
        because = f"{absences} Given up after {unknown} attempts without an answer."
        transition(purchase, to=Status.FAILED, because=because, **columns)
        return
    due_at = timezone.now() + backoff(purchase.attempt_count)
    transition(purchase, to=Status.QUEUED, because=f"{absences} It is asked for again.", due_at=due_at, **columns)


def record_no_list(purchase: Purchase, words: str) -> None:
    """Without the list nothing is known: keep looking, and in the end ask a person."""
    now = timezone.now()
    since = purchase.uncertain_since or now
    if now - since >= timedelta(seconds=settings.PURCHASE_REVIEW_AFTER_SECONDS):
        because = f"The provider's list could not be read in time, so a person must decide. {words}"
        transition(purchase, to=Status.NEEDS_REVIEW, because=because)
        return
    looked_for = (now - since).total_seconds()
    pause = min(max(settings.PURCHASE_LOOKUP_SECONDS, looked_for / 4), settings.PURCHASE_BACKOFF_MAX_SECONDS)
    remember(purchase, absent_at=purchase.absent_at, due_at=now + timedelta(seconds=pause))


def last_activity(purchase: Purchase) -> datetime:
    """When the last attempt can have had its effect at the latest: its end, or its start where no end is known."""
    attempt = purchase.attempts.order_by("-number").first()
    if attempt is None:
        return purchase.created_at
    return attempt.finished_at or attempt.started_at


def remember(purchase: Purchase, *, absent_at: datetime | None, due_at: datetime) -> None:
    """Note what was seen and when to look again; raises `WorldMovedOn`."""
    rows = Purchase.objects.filter(pk=purchase.pk, status=Status.UNCERTAIN)
    if not rows.update(absent_at=absent_at, next_action_at=due_at):
        raise WorldMovedOn(f"Purchase {purchase.pk} is no longer uncertain.")
