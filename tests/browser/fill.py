"""Fills a desk's books with a past: ``python -m tests.browser.fill COUNT`` brings them to COUNT purchases.

The purchases are spread over all states, two years and all locations; some names are as long as people make them.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import django

LONG_NAMES = (
    "The Very Reverend Bartholomew Featherstonehaugh Memorial Institute for Orthodontics, Periodontics and Surgery",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
)
WORDS = {
    "rejected": "Phone number is no longer available",
    "failed": "Given up after 3 attempts without an answer; the provider's list, read twice, does not show the number.",
    "uncertain": "The connection broke after 60.0 s, before a reply came: timed out",
    "needs_review": "The provider's list could not be read in 24 hours: a gateway's page with status 502.",
    "queued": "Too many requests",
}
TWO_YEARS = timedelta(days=730)
DUE_IN = timedelta(days=300)  # the workers of a test leave them alone


def fill(wanted: int) -> None:
    from numbers_app.models import Location, Purchase

    had = Purchase.objects.count()
    if had < wanted:
        for position, name in enumerate(LONG_NAMES):
            Location.objects.get_or_create(location_id=f"longName{position:012}", defaults={"name": name})
        Filler(seed=had).add(wanted - had, first=had)


class Filler:
    def __init__(self, *, seed: int) -> None:
        from django.contrib.auth.models import User
        from django.utils import timezone

        from numbers_app.models import Location

        self.chance = random.Random(seed)
        self.now = timezone.now()
        self.locations = list(Location.objects.all())
        self.user = User.objects.get(username="admin")

    def add(self, many: int, *, first: int) -> None:
        from django.db import transaction

        from numbers_app.models import Purchase, PurchaseAttempt, PurchaseEvent, PurchaseLookUp, PurchaseOrder

        Purchase._meta.get_field("created_at").auto_now_add = False
        with transaction.atomic():
            orders = PurchaseOrder.objects.bulk_create(PurchaseOrder(requested_by=self.user) for _ in range(many))
            numbers = (f"+1830{2_000_000 + position}" for position in count(first))
            times = (self.now - (many - position) * TWO_YEARS / many for position in range(many))
            made = [self.purchase(*values) for values in zip(orders, numbers, times, strict=False)]
            purchases = Purchase.objects.bulk_create(made)
            PurchaseEvent.objects.bulk_create(event for purchase in purchases for event in self.events(purchase))
            PurchaseAttempt.objects.bulk_create(self.attempt(purchase) for purchase in purchases)
            PurchaseLookUp.objects.bulk_create(look_up for purchase in purchases for look_up in self.look_ups(purchase))
            self.add_mirror(purchase for purchase in purchases if purchase.status == "purchased")

    def purchase(self, order: Any, number: str, asked_at: datetime) -> Any:
        from numbers_app.models import FINAL, Purchase, Status
        from numbers_app.models.choices import TIMED

        status = Status(self.chance.choices(list(Status), weights=[0, 0, 1, 0, 1, 1, 90, 5, 3, 1])[0])
        bought = status == Status.PURCHASED
        return Purchase(
            requested_by=self.user,
            order=order,
            location=self.chance.choice(self.locations),
            sandbox=True,
            phone_number=number,
            country_code="US",
            number_type="local",
            locality="San Antonio",
            region="TX",
            fingerprint_id=f"{1_773_314_252_953 + order.pk}",
            status=status,
            reason=WORDS.get(status, ""),
            attempt_count=1,
            created_at=asked_at,
            next_action_at=self.now + DUE_IN if status in TIMED else None,
            uncertain_since=asked_at if status == Status.UNCERTAIN else None,
            finished_at=asked_at if status in FINAL else None,
            confirmed_by="reply" if bought else "",
            account_sid=f"AC{order.pk:032x}" if bought else "",
        )

    def events(self, purchase: Any) -> list[Any]:
        from numbers_app.models import PurchaseEvent

        steps = ["", "queued", "submitting", purchase.status]
        whys = ["Asked for.", "A worker took it.", purchase.reason or "The reply's numbers map shows the number."]
        return [
            PurchaseEvent(purchase=purchase, at=purchase.created_at, from_status=before, to_status=after, because=why)
            for before, after, why in zip(steps, steps[1:], whys, strict=False)
        ]

    def attempt(self, purchase: Any) -> Any:
        from numbers_app.models import PurchaseAttempt

        answers = {"purchased": "bought", "rejected": "refused", "queued": "not_sent"}
        return PurchaseAttempt(
            purchase=purchase,
            number=1,
            answer=answers.get(purchase.status, "unknown"),
            worker="celery@a-rather-long-host-name.internal.example.com/12345/ThreadPoolExecutor-0_11",
            request_body={"phoneNumber": purchase.phone_number, "fingerprintId": purchase.fingerprint_id},
            started_at=purchase.created_at,
            finished_at=purchase.created_at,
            duration_ms=1234,
            words=purchase.reason,
            trace_id="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            reply_body='{"statusCode": 400, "message": "' + "x" * 400 + '"}',
            reply_headers={"x-ratelimit-remaining": "99"},
        )

    def look_ups(self, purchase: Any) -> list[Any]:
        """Of one in doubt: the list could not be read, and then did not show it."""
        from numbers_app.models import PurchaseLookUp, Status

        if purchase.status not in (Status.UNCERTAIN, Status.NEEDS_REVIEW):
            return []
        words = "The connection broke after 60.0 s, before a reply came: timed out"
        failed = PurchaseLookUp(
            purchase=purchase, at=purchase.created_at, result="unreadable", words=words, duration_ms=60_012
        )
        absent = PurchaseLookUp(purchase=purchase, at=purchase.created_at, result="absent", listed=12, duration_ms=240)
        return [failed, absent]

    def add_mirror(self, bought: Any) -> None:
        from numbers_app.models import PhoneNumber, TwilioAccount

        for location in self.locations:
            sid = f"AC{location.pk:032x}"
            TwilioAccount.objects.get_or_create(
                location=location, defaults={"account_sid": sid, "account_status": "active", "synced_at": self.now}
            )
        PhoneNumber.objects.bulk_create(
            PhoneNumber(
                location=purchase.location,
                phone_number=purchase.phone_number,
                service="conversation",
                friendly_name=purchase.location.name,
                sid=f"PN{purchase.pk:032x}",
                number_type="local",
                country_code="US",
                capabilities={"voice": True, "SMS": True, "MMS": True},
                first_seen_at=self.now,
                synced_at=self.now,
                gone_at=self.now if purchase.pk % 50 == 1 else None,
            )
            for purchase in bought
        )


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    fill(int(sys.argv[1]))
