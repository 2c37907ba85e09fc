"""The whole record of one purchase. See docs/record.md.

Secrets are taken out of replies before they are kept. Here all texts from outside go through the same sieve once more:
what was kept by an older version, or under a name that looked harmless then, must not leave the desk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from numbers_app.leadconnector.redaction import redact
from numbers_app.models import (
    OrderEvent,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseLookUp,
    Status,
)
from numbers_app.selectors import PurchaseDetail, purchase_detail

MOST_RELATED = 50
MOST_ORDER_EVENTS = 50
MOST_LOOK_UPS = 100  # on a page; the file has all


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that there is of one purchase; the latest attempt, event and look-up come first."""

    detail: PurchaseDetail
    related: Sequence[Purchase]
    """All purchases of the same want, this one too, in their order; just this one where there are no others."""
    later: Sequence[Purchase]
    """Those that were asked for after it and on account of it: again, or in its place."""
    order_events: Sequence[OrderEvent]
    look_ups: Sequence[PurchaseLookUp]
    look_ups_total: int

    @property
    def purchase(self) -> Purchase:
        return self.detail.purchase

    @property
    def mirror(self) -> PhoneNumber | None:
        """The number as the provider's books of this location have it, or had it."""
        return self.detail.mirror

    @property
    def needed_approval(self) -> bool:
        """Whether it began by waiting for a second person."""
        return any(event.to_status == Status.AWAITING_APPROVAL for event in self.detail.events)

    @property
    def look_ups_hidden(self) -> int:
        return self.look_ups_total - len(self.look_ups)

    @property
    def looks(self) -> Sequence[PurchaseEvent]:
        """The steps into doubt and out of it."""
        return [event for event in self.detail.events if Status.UNCERTAIN in (event.from_status, event.to_status)]


def record_of(purchase: Purchase, *, most_look_ups: int | None = None) -> Record:
    """Asks the database as often whatever has happened to the purchase. A page shows the latest look-ups alone.

    Only where there are more of them than it shows, it has to count them.
    """
    detail = purchase_detail(purchase)
    look_ups = list(purchase.look_ups.order_by("-id")[:most_look_ups])
    take_secrets_out(detail, look_ups)
    related = related_to(purchase)
    events = OrderEvent.objects.filter(order=purchase.order).select_related("actor").order_by("-id")
    return Record(
        detail=detail,
        related=related,
        later=later_than(purchase, related),
        order_events=list(events[:MOST_ORDER_EVENTS]),
        look_ups=look_ups,
        look_ups_total=len(look_ups) if len(look_ups) != most_look_ups else purchase.look_ups.count(),
    )


def related_to(purchase: Purchase) -> Sequence[Purchase]:
    """Those of the same line of an order; of one that has no line, the one before and the one after."""
    before = [key for key in (purchase.substitute_of_id, purchase.again_of_id) if key]
    same = Q(pk=purchase.pk) | Q(pk__in=before) | Q(substitute_of=purchase) | Q(again_of=purchase)
    if purchase.line_id:
        same |= Q(line=purchase.line_id)
    return list(Purchase.objects.filter(same).order_by("pk")[:MOST_RELATED])


def later_than(purchase: Purchase, related: Sequence[Purchase]) -> Sequence[Purchase]:
    """They are among those that are related, unless these are more than were read."""
    if len(related) < MOST_RELATED:
        return [one for one in related if purchase.pk in (one.again_of_id, one.substitute_of_id)]
    return list(Purchase.objects.filter(Q(again_of=purchase) | Q(substitute_of=purchase)))


def take_secrets_out(detail: PurchaseDetail, look_ups: Sequence[PurchaseLookUp]) -> None:
    """Of the objects in hand; the rows stay as they are."""
    detail.purchase.reason = redact(detail.purchase.reason)
    for event in detail.events:
        event.because = redact(event.because)
    for attempt in detail.attempts:
        attempt.reply_body = redact(attempt.reply_body)
        attempt.words = redact(attempt.words)
        attempt.request_body = redacted(attempt.request_body)
        attempt.reply_headers = redacted(attempt.reply_headers)
    for look_up in look_ups:
        look_up.words = redact(look_up.words)


def redacted(data: Any) -> Any:
    """Parsed JSON without secrets."""
    return json.loads(redact(json.dumps(data)))
