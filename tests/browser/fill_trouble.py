"""Adds to the small agency what needs a person: ``python -m tests.browser.fill_trouble``; prints its key as JSON.

Apart from the rest, because a queue that is stopped puts a red band on every page.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import django

from tests.browser.fill import DUE_IN
from tests.browser.fill_guide import LEFT_ALONE, UNCONNECTED, add_attempt, say_who_asked
from tests.browser.fill_review import REFUSED

TIMED_OUT = "The connection broke after 60.0 s, before a reply came: timed out"


def trouble() -> dict[str, int]:
    """A stopped queue, orphans, numbers that vanished, and purchases of which nobody knows."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from numbers_app.models import Location, PhoneNumber, Purchase, PurchaseOrder

    now = timezone.now()
    places = list(Location.objects.exclude(name=LEFT_ALONE).exclude(location_id=UNCONNECTED[0]).order_by("name")[:3])
    numbers = count(8_305_550_160)
    for place, gone_at in zip(cycle(places), (None, None, None, now, now), strict=False):
        PhoneNumber.objects.create(
            location=place,
            phone_number=f"+1{next(numbers)}",
            number_type="local",
            sid=f"PN{next(numbers):032x}",
            date_added=now - timedelta(days=200),
            first_seen_at=now - timedelta(days=1),
            synced_at=now,
            gone_at=gone_at,
        )
    doubtful = [in_doubt(status, place) for status, place in zip(("needs_review", "uncertain"), places, strict=False)]
    stopped = Location.objects.get(name="Peachtree Pet Care")
    stopped.paused_at, stopped.paused_because = now - timedelta(minutes=20), REFUSED
    stopped.save()
    Purchase.objects.create(
        order=PurchaseOrder.objects.create(requested_by=User.objects.get(username="maya"), sandbox=True),
        location=stopped,
        sandbox=True,
        phone_number="+14045550146",
        fingerprint_id="1773314252953",
        next_action_at=now + DUE_IN,
    )
    say_who_asked()
    return {"needs_review": doubtful[0]}


def in_doubt(status: str, place: Any) -> int:
    from django.contrib.auth.models import User
    from django.utils import timezone

    from numbers_app.models import Purchase, PurchaseEvent, PurchaseOrder

    asked_at = timezone.now() - timedelta(hours=30)
    purchase = Purchase.objects.create(
        order=PurchaseOrder.objects.create(requested_by=User.objects.get(username="maya"), sandbox=True),
        location=place,
        sandbox=True,
        phone_number={"needs_review": "+18305550188", "uncertain": "+18305550189"}[status],
        country_code="US",
        number_type="local",
        fingerprint_id="1773314252953",
        status=status,
        reason=TIMED_OUT,
        attempt_count=1,
        uncertain_since=asked_at,
        next_action_at=timezone.now() + DUE_IN if status == "uncertain" else None,
    )
    Purchase.objects.filter(pk=purchase.pk).update(created_at=asked_at)
    for step, why in (("queued", "Asked for."), ("submitting", "A worker took it."), (status, TIMED_OUT)):
        PurchaseEvent.objects.create(purchase=purchase, at=asked_at, to_status=step, because=why)
    add_attempt(purchase, at=asked_at, answer="unknown", words=TIMED_OUT)
    return int(purchase.pk)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    sys.stdout.write(json.dumps(trouble()))
