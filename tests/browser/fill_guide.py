"""Fills a desk with a small agency, for the pictures of the guide: ``python -m tests.browser.fill_guide``.

Prints the keys of what it made as JSON. What needs a person is added by `tests.browser.fill_trouble`.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

PASSWORD = "correct-horse-battery-staple"
PEOPLE = (
    ("maya", "Maya", "Torres", "Buyer"),
    ("daniel", "Daniel", "Brooks", "Approver"),
    ("elena", "Elena", "Ruiz", "Manager"),
)
DAYS = 120  # of past
BOUGHT_AND_NOT = ["purchased"] * 11 + ["rejected"] + ["purchased"] * 7 + ["failed"] + ["purchased"] * 4 + ["cancelled"]
WORDS = {
    "rejected": "Phone number {} is no longer available",
    "failed": "Given up after 3 attempts without an answer; the provider's list, read twice, does not show the number.",
    "cancelled": "Cancelled by hand.",
    "purchased": "The reply's numbers map shows the number.",
}
LEFT_ALONE = "Saguaro Solar"  # here a number is bought while the pictures are made, and the list is read
UNCONNECTED = ("notConnected00000001", "Bluebonnet Bakery")


def fill() -> dict[str, Any]:
    from numbers_app.models import Limits, Location

    people = add_people()
    places = list(Location.objects.order_by("name"))
    Limits.objects.update_or_create(
        pk=Limits.ONLY,
        defaults={
            "monthly_cap": Decimal(600),
            "location_monthly_cap": Decimal(120),
            "numbers_a_day": 150,
            "approval_over_numbers": 20,
            "approval_over_amount": Decimal(100),
        },
    )
    add_tags(places)
    add_tokens(people["elena"], places[:4])
    Past(people=people, places=[place for place in places if place.name != LEFT_ALONE]).add()
    Location.objects.get_or_create(location_id=UNCONNECTED[0], defaults={"name": UNCONNECTED[1]})
    give_all_locations(people)
    made = orders(people["maya"])
    say_who_asked()
    return {
        "place": Location.objects.get(name="Hill Country Roofing").pk,
        "user": people["maya"].pk,
        **made,
    }


def say_who_asked() -> None:
    """On each purchase, as its order has it."""
    from django.contrib.auth.models import User

    from numbers_app.models import Purchase

    for user in User.objects.all():
        Purchase.objects.filter(order__requested_by=user, requested_by=None).update(requested_by=user)


def add_people() -> dict[str, Any]:
    from django.contrib.auth.models import Group, User

    made = {}
    for username, first_name, last_name, group in PEOPLE:
        user = User.objects.create_user(
            username,
            f"{username}@example.com",
            PASSWORD,
            first_name=first_name,
            last_name=last_name,
            is_staff=True,
        )
        user.groups.add(Group.objects.get(name=group))
        made[username] = user
    return made


def give_all_locations(people: dict[str, Any]) -> None:
    from numbers_app.models import Location

    for user in people.values():
        user.assigned_locations.set(Location.objects.all())


def add_tags(places: list[Any]) -> None:
    from numbers_app.models import Tag

    for name, state in (("Texas", "TX"), ("Florida", "FL")):
        Tag.objects.get_or_create(name=name)[0].locations.set([place for place in places if place.state == state])


def add_tokens(user: Any, places: list[Any]) -> None:
    from numbers_app.models import ApiToken

    for place, last_four in zip(places, ("7c1f", "a90d", "3be2", "58d4"), strict=False):
        ApiToken.objects.create(
            location=place, token=f"sandbox-desk-0000-{last_four}", last_four=last_four, created_by=user
        )


def add_accounts(places: list[Any], *, chance: random.Random, now: Any) -> None:
    from numbers_app.models import TwilioAccount

    for place in places:
        TwilioAccount.objects.get_or_create(
            location=place,
            defaults={
                "account_sid": f"AC{chance.getrandbits(128):032x}",
                "account_status": "active",
                "synced_at": now,
                "listed_at": now,
            },
        )


class Past:
    """Some months of purchases, each with its history, and the mirror of what they brought."""

    def __init__(self, *, people: dict[str, Any], places: list[Any]) -> None:
        from django.utils import timezone

        self.chance = random.Random(4)
        self.now = timezone.now()
        self.people = [people["maya"], people["elena"]]
        self.places = places

    def add(self) -> None:
        from numbers_app.models import Purchase, PurchaseOrder

        add_accounts(self.places, chance=self.chance, now=self.now)
        dates: list[Any] = [row._meta.get_field("created_at") for row in (Purchase, PurchaseOrder)]
        for date in dates:
            date.auto_now_add = False
        for day in range(DAYS, 0, -1):
            for _one in range(self.chance.choice((0, 1, 1, 2, 3))):
                purchase = self.purchase(self.now - timedelta(days=day, minutes=self.chance.randrange(480)))
                self.write_history(purchase)
        for date in dates:
            date.auto_now_add = True

    def purchase(self, at: Any) -> Any:
        from numbers_app.models import Purchase, PurchaseOrder

        place = self.chance.choice(self.places)
        status = self.chance.choice(BOUGHT_AND_NOT)
        bought = status == "purchased"
        number = f"+1{self.area(place)}{self.chance.randrange(2_000_000, 9_999_999)}"
        order = PurchaseOrder.objects.create(requested_by=self.chance.choice(self.people), sandbox=True, created_at=at)
        return Purchase.objects.create(
            order=order,
            location=place,
            sandbox=True,
            phone_number=number,
            country_code="US",
            number_type="local",
            locality=place.city,
            region=place.state,
            fingerprint_id=f"{1_773_314_252_953 + order.pk}",
            status=status,
            reason=WORDS[status].format(number),
            attempt_count=0 if status == "cancelled" else 1,
            created_at=at,
            finished_at=at + timedelta(seconds=3),
            confirmed_by="reply" if bought else "",
            account_sid=place.account.account_sid if bought else "",
            monthly_price=Decimal("1.15"),
            price_unit="USD",
        )

    def area(self, place: Any) -> str:
        from numbers_app.leadconnector.sandbox.demo import BUSINESSES

        return {business[0]: business[-1] for business in BUSINESSES}.get(place.name, "830")

    def write_history(self, purchase: Any) -> None:
        from numbers_app.models import PhoneNumber, PurchaseEvent

        steps = ["", "queued", "submitting", purchase.status]
        whys = ["Asked for.", "A worker took it.", purchase.reason]
        if purchase.status == "cancelled":
            steps, whys = ["", "queued", "cancelled"], ["Asked for.", purchase.reason]
        for before, after, why in zip(steps, steps[1:], whys, strict=False):
            PurchaseEvent.objects.create(
                purchase=purchase, at=purchase.created_at, from_status=before, to_status=after, because=why
            )
        if purchase.attempt_count:
            add_attempt(purchase, at=purchase.created_at, answer=ANSWERS[purchase.status], words=purchase.reason)
        if purchase.status == "purchased":
            PhoneNumber.objects.create(
                location=purchase.location,
                phone_number=purchase.phone_number,
                service="conversation",
                friendly_name=purchase.location.name,
                sid=f"PN{self.chance.getrandbits(128):032x}",
                number_type="local",
                country_code="US",
                capabilities={"voice": True, "SMS": True, "MMS": True},
                date_added=purchase.created_at,
                first_seen_at=purchase.created_at,
                synced_at=self.now,
            )


ANSWERS = {"purchased": "bought", "rejected": "refused", "failed": "unknown"}


def add_attempt(purchase: Any, *, at: Any, answer: str, words: str) -> None:
    from numbers_app.models import PurchaseAttempt

    PurchaseAttempt.objects.create(
        purchase=purchase,
        number=1,
        answer=answer,
        worker="celery@desk",
        request_body={"phoneNumber": purchase.phone_number, "fingerprintId": purchase.fingerprint_id},
        started_at=at,
        finished_at=at + timedelta(milliseconds=840),
        duration_ms=840,
        status_code={"bought": 201, "refused": 400}.get(answer),
        words="" if answer == "bought" else words,
        trace_id="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def orders(user: Any) -> dict[str, int]:
    """A draft with nothing in it, one that is being previewed by the workers, and some in other states."""
    from tests.browser.fill_progress import STATES, order

    made = {
        "finished": order("finished", user, 12, ("purchased",) * 11 + ("rejected",)),
        "running": order("running", user, 40, STATES),
        "awaiting": order("awaiting_approval", user, 30, ("awaiting_approval",)),
    }
    rename(made)
    return {**made, "preview": previewed(user), "draft": begin(user, "Florida Q3"), "file": begin(user, "Texas Q3")}


def rename(made: dict[str, int]) -> None:
    """The names of campaigns, such as are the same in every language."""
    from numbers_app.models import OrderPart, PurchaseOrder

    for name, key in made.items():
        called = {"finished": "Texas Q1", "running": "Texas Q2", "awaiting": "Florida Q2"}[name]
        PurchaseOrder.objects.filter(pk=key).update(name=called)
        OrderPart.objects.filter(order=key).update(label="")


def begin(user: Any, name: str) -> int:
    from numbers_app.purchasing.drafting import begin_draft

    return int(begin_draft(requested_by=user, name=name).pk)


def previewed(user: Any) -> int:
    """Two for each location with the tag, and for one that has no phone system."""
    from numbers_app.models import Location, Source, Substitution
    from numbers_app.purchasing.drafting import Wish, add_lines
    from numbers_app.purchasing.previewing import begin_preview

    key = begin(user, "Texas Q4")
    places = [*Location.objects.filter(tags__name="Texas"), Location.objects.get(location_id=UNCONNECTED[0])]
    wishes = [
        Wish(
            location_id=place.pk,
            is_want=True,
            substitution=Substitution.PLACE,
            country_code="US",
            number_type="local",
            first_part="830",
        )
        for place in places
        for _number in range(2)
    ]
    add_lines(key, wishes, source=Source.WANT, label="", actor=user)
    begin_preview(key, actor=user)
    return key


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    sys.stdout.write(json.dumps(fill()))
