"""What the pages and commands read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from numbers_app.leadconnector.budget import Purpose
from numbers_app.models import (
    FINAL,
    PhoneNumber,
    Purchase,
    PurchaseAttempt,
    PurchaseEvent,
    Status,
    TwilioAccount,
)
from numbers_app.provider import budget

WORKER_PATIENCE_SECONDS = 15  # a queued purchase that nobody took in this time has no worker
LONGEST_KEY = 18  # digits; every number of so many fits the databases' columns
LONGEST_TERM = 200  # characters of a search; a database refuses very long patterns
MAP_ROWS = 50  # numbers that a purchase's page lists; the rest is one link away
MAP_COLUMNS = ("phone_number", "friendly_name", "service", "assigned_user")
MAP_COUNTED = 1000  # numbers of a location that the page counts; of more it says so


@dataclass(frozen=True, kw_only=True)
class PurchaseDetail:
    """All there is to show of one purchase."""

    purchase: Purchase
    attempts: Sequence[PurchaseAttempt]
    events: Sequence[PurchaseEvent]
    account: TwilioAccount | None
    mirror: PhoneNumber | None
    """The number, gone or not."""
    numbers: Sequence[PhoneNumber]
    numbers_total: int

    @property
    def numbers_hidden(self) -> int:
        return self.numbers_total - len(self.numbers)

    @property
    def numbers_are_many(self) -> bool:
        """Whether there are more than were counted."""
        return self.numbers_total > MAP_COUNTED


def purchase_detail(purchase: Purchase) -> PurchaseDetail:
    """The purchase with its history, and the location's account as the mirror has it, this number first."""
    numbers = PhoneNumber.objects.filter(location=purchase.location, gone_at__isnull=True)
    mirror = PhoneNumber.objects.filter(location=purchase.location, phone_number=purchase.phone_number).first()
    own = [mirror] if mirror and not mirror.gone_at else []
    others = numbers.exclude(phone_number=purchase.phone_number).only(*MAP_COLUMNS)[: MAP_ROWS - len(own)]
    shown = [*own, *others]
    return PurchaseDetail(
        purchase=purchase,
        attempts=list(purchase.attempts.order_by("-number")),
        events=list(purchase.events.select_related("actor", "attempt").order_by("-id")),
        account=TwilioAccount.objects.filter(location=purchase.location).first(),
        mirror=mirror,
        numbers=shown,
        numbers_total=len(shown) if len(shown) < MAP_ROWS else numbers.order_by()[: MAP_COUNTED + 1].count(),
    )


def is_key(text: str) -> bool:
    """Whether a text can be a row's key; Django's widgets and lists fail on one that can't."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


def clean_term(term: str) -> str:
    """What somebody searches for, without what a database would choke on."""
    return term.replace("\x00", "").strip()[:LONGEST_TERM]


def waits_for_worker(purchase: Purchase) -> bool:
    """Whether a queued purchase has been due for so long that no worker seems to be running.

    One may wait behind others, for its location's queue to be resumed, or for the request budget; then some do run.
    """
    if purchase.status != Status.QUEUED or purchase.attempt_count or purchase.location.paused_at:
        return False
    since = timezone.now() - timedelta(seconds=WORKER_PATIENCE_SECONDS)
    newest = PurchaseAttempt.objects.order_by("-id").values_list("started_at", flat=True).first()
    if purchase.created_at > since or (newest and newest > since):
        return False
    key = purchase.location.location_id
    return budget().take({key: 0}, purpose=Purpose.BUYING)[key].left > 0


def purchase_as_data(purchase: Purchase) -> dict[str, Any]:
    """A purchase for machines: what was asked, how it stands, and every attempt and event."""
    account = TwilioAccount.objects.filter(location=purchase.location).first()
    numbers = PhoneNumber.objects.filter(location=purchase.location, gone_at__isnull=True)
    bought = purchase.status == Status.PURCHASED
    return {
        "id": purchase.pk,
        "status": purchase.status,
        "final": purchase.status in FINAL,
        "reason": purchase.reason,
        "queue_stopped": purchase.location.paused_because if purchase.location.paused_at else "",
        "location_id": purchase.location.location_id,
        "phone_number": purchase.phone_number,
        "fingerprint_id": purchase.fingerprint_id,
        "sandbox": purchase.sandbox,
        "confirmed_by": purchase.confirmed_by,
        "account_sid": purchase.account_sid or (account.account_sid if account else ""),
        "numbers": dict(numbers.order_by("phone_number").values_list("phone_number", "service")) if bought else {},
        "created_at": purchase.created_at.isoformat(),
        "finished_at": purchase.finished_at.isoformat() if purchase.finished_at else None,
        "attempts": [
            {
                "number": attempt.number,
                "answer": attempt.answer,
                "sent": attempt.request_body,
                "status_code": attempt.status_code,
                "words": attempt.words,
                "trace_id": attempt.trace_id,
                "duration_ms": attempt.duration_ms,
                "started_at": attempt.started_at.isoformat(),
            }
            for attempt in purchase.attempts.order_by("number")
        ],
        "events": [
            {
                "at": event.at.isoformat(),
                "from": event.from_status,
                "to": event.to_status,
                "because": event.because,
                "actor": event.actor.get_username() if event.actor else None,
            }
            for event in purchase.events.select_related("actor").order_by("id")
        ],
    }


def purchase_in_lines(purchase: Purchase) -> list[str]:
    """A purchase for a terminal."""
    data = purchase_as_data(purchase)
    lines = [f"#{purchase.pk} {purchase.phone_number} for {purchase.location}: {purchase.get_status_display()}"]
    if purchase.reason:
        lines.append(purchase.reason)
    if purchase.status == Status.QUEUED and purchase.location.paused_at:
        lines.append(f"The queue of this location is stopped: {purchase.location.paused_because}")
    if purchase.status == Status.AWAITING_APPROVAL:
        lines.append(f"Nothing is bought yet: somebody else has to approve order #{purchase.order_id} first.")
    if data["numbers"]:
        lines.append(f"Account SID: {data['account_sid']}")
        lines += [f"  {number}  {service}" for number, service in data["numbers"].items()]
    return lines


def pretty_json(text: str) -> str:
    """A reply's body for people: indented where it is JSON, as it came where it is not."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
