"""Fills a desk's books with what waits for a person: ``python -m tests.browser.fill_review COUNT`` of each kind."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from itertools import cycle
from typing import Any

import django

from tests.browser.fill import DUE_IN, LONG_NAMES, WORDS

WAITING = "+18306000000"
REFUSED = "The provider refused the token of this location (401): Invalid token: it has run out"


def fill(wanted: int) -> None:
    from numbers_app.models import Location

    for position, name in enumerate(LONG_NAMES[:wanted]):
        Location.objects.get_or_create(location_id=f"longName{position:012}", defaults={"name": name})
    places = list(Location.objects.order_by("-pk"))
    add_numbers(wanted, places)
    add_doubtful(wanted, places)
    stop(wanted)


def add_numbers(wanted: int, places: list[Any]) -> None:
    """Orphans, and numbers that vanished."""
    from django.utils import timezone

    from numbers_app.models import PhoneNumber

    now = timezone.now()
    for first, gone_at in ((8_302_000_000, None), (8_303_000_000, now)):
        PhoneNumber.objects.bulk_create(
            (
                PhoneNumber(
                    location=place,
                    phone_number=f"+1{first + position}",
                    number_type="local" if position % 3 else "tollFree",
                    sid=f"PN{position:032x}",
                    date_added=now - timedelta(days=position % 900),
                    first_seen_at=now,
                    synced_at=now,
                    gone_at=gone_at,
                )
                for position, place in zip(range(wanted), cycle(places), strict=False)
            ),
            ignore_conflicts=True,
        )


def add_doubtful(wanted: int, places: list[Any]) -> None:
    """Purchases in review and uncertain ones, each with an attempt and its events."""
    from django.utils import timezone

    from numbers_app.models import Purchase, PurchaseAttempt, PurchaseEvent, PurchaseOrder

    now = timezone.now()
    order = PurchaseOrder.objects.create()
    for first, status in ((8_304_000_000, "needs_review"), (8_305_000_000, "uncertain")):
        numbers = [f"+1{first + position}" for position in range(wanted)]
        there = set(Purchase.objects.filter(phone_number__in=numbers).values_list("phone_number", flat=True))
        new = [number for number in numbers if number not in there]
        purchases = Purchase.objects.bulk_create(
            Purchase(
                order=order,
                location=place,
                sandbox=True,
                phone_number=number,
                fingerprint_id="1773314252953",
                status=status,
                reason=WORDS[status],
                attempt_count=1,
                uncertain_since=now - timedelta(hours=30),
                next_action_at=now + DUE_IN if status == "uncertain" else None,
            )
            for number, place in zip(new, cycle(places), strict=False)
        )
        PurchaseAttempt.objects.bulk_create(
            PurchaseAttempt(
                purchase=purchase,
                number=1,
                answer="unknown",
                request_body={"phoneNumber": purchase.phone_number, "fingerprintId": purchase.fingerprint_id},
                started_at=now - timedelta(hours=30),
                finished_at=now - timedelta(hours=30),
                words=WORDS["uncertain"],
            )
            for purchase in purchases
        )
        PurchaseEvent.objects.bulk_create(
            PurchaseEvent(purchase=purchase, at=now, to_status=step, because=why)
            for purchase in purchases
            for step, why in (("queued", "Asked for."), ("submitting", "A worker took it."), (status, purchase.reason))
        )


def stop(wanted: int) -> None:
    """Stopped locations, one of them with a purchase that waits."""
    from django.utils import timezone

    from numbers_app.models import Location, Purchase, PurchaseOrder

    if not wanted:
        return
    now = timezone.now()
    ids = [f"stopped{n:013}" for n in range(wanted)]
    Location.objects.bulk_create(
        (Location(location_id=location_id, name=f"Stopped {n}") for n, location_id in enumerate(ids)),
        ignore_conflicts=True,
    )
    stopped = Location.objects.filter(location_id__in=ids)
    stopped.filter(paused_at=None).update(paused_at=now, paused_because=REFUSED)
    if not Purchase.objects.filter(phone_number=WAITING).exists():
        Purchase.objects.create(
            order=PurchaseOrder.objects.create(),
            location=stopped.earliest("pk"),
            sandbox=True,
            phone_number=WAITING,
            fingerprint_id="1773314252953",
            next_action_at=now + DUE_IN,
        )


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    fill(int(sys.argv[1]))
