"""Fills a desk with drafts: ``python -m tests.browser.fill_orders`` prints the keys of its orders by their names.

The workers leave its running preview alone, so that it stands still for a picture.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

LONG_NAME = "The Very Reverend Bartholomew Featherstonehaugh Memorial Institute for Orthodontics and Oral Surgery"
BRANCHES = 120
WORDS = {
    "nothing_found": "",
    "not_connected": "Twilio account not found for this location",
    "not_offered": "",
    "address_needed": "Address required for this number: local",
    "no_token": "",
}
FAR = timedelta(days=300)


def fill() -> dict[str, int]:
    from django.contrib.auth.models import User

    from numbers_app.models import Limits, Tag

    admin = User.objects.get(username="admin")
    places = add_branches()
    Tag.objects.get_or_create(name="Texas")[0].locations.add(*places[:40])
    Tag.objects.get_or_create(name="dental practices")[0].locations.add(*places[20:60])
    Limits.objects.filter(pk=1).update(approval_over_numbers=100, monthly_cap=Decimal(90_000), numbers_a_day=50_000)
    return {
        "nothing": begin(admin, "Empty").pk,
        "three": three(admin, places).pk,
        "want": wanted(admin, places).pk,
        "many": many(admin, places).pk,
        "running": running(admin, places).pk,
        "problems": with_problems(admin, places).pk,
    }


def add_branches() -> list[Any]:
    from numbers_app.models import Location

    names = [LONG_NAME, *(f"Branch {number:03}, San Antonio" for number in range(1, BRANCHES))]
    return [
        Location.objects.get_or_create(location_id=f"branch{number:014}", defaults={"name": name})[0]
        for number, name in enumerate(names)
    ]


def begin(admin: Any, name: str) -> Any:
    from numbers_app.purchasing.drafting import begin_draft

    return begin_draft(requested_by=admin, name=name)


def add(order: Any, places: list[Any], *, each: int, label: str = "", **asked: Any) -> None:
    from numbers_app.models import Source, Substitution
    from numbers_app.purchasing.drafting import Wish, add_lines

    kind = {"country_code": "US", "number_type": "local", "first_part": "830", **asked}
    wishes = [
        Wish(location_id=place.pk, is_want=True, substitution=Substitution.KIND, **kind)
        for place in places
        for _number in range(each)
    ]
    add_lines(order.pk, wishes, source=Source.WANT, label=label, actor=order.requested_by)


def three(admin: Any, places: list[Any]) -> Any:
    from numbers_app.models import Source
    from numbers_app.purchasing.drafting import Rejected, Wish, add_lines

    order = begin(admin, "Three lines")
    number = Wish(
        location_id=places[0].pk, phone_number="+18305550177", country_code="US", number_type="local", row=2,
        locality="San Antonio", region="TX",
    )  # fmt: skip
    bad = [Rejected(row=row, cells={"phone_number": "x"}, errors={"phone_number": "no number"}) for row in (3, 4)]
    add_lines(order.pk, [number], source=Source.FILE, label="numbers of spring.csv", actor=admin, rejected=bad)
    add(order, places[1:2], each=2, number_type="tollFree", first_part="", last_part="2255", sms=True)
    return order


def wanted(admin: Any, places: list[Any]) -> Any:
    order = begin(admin, "Five for each of forty")
    add(order, places[:40], each=5)
    return order


def many(admin: Any, places: list[Any]) -> Any:
    order = begin(admin, "Ten thousand lines")
    for digits in range(200, 280):
        add(order, places[:100], each=1, first_part=str(digits))
    add(order, places[:100], each=20, sms=True, voice=True)
    return order


def running(admin: Any, places: list[Any]) -> Any:
    from django.utils import timezone

    from numbers_app.models import OrderStatus, PurchaseOrder

    order = wanted(admin, places)
    now = timezone.now()
    order.lines.filter(pk__in=list(order.lines.values_list("pk", flat=True)[:120])).update(checked_at=now)
    PurchaseOrder.objects.filter(pk=order.pk).update(
        name="Preview on its way", status=OrderStatus.PREVIEWING, next_action_at=now + FAR, claimed_until=now + FAR
    )
    return order


def with_problems(admin: Any, places: list[Any]) -> Any:
    """A preview of 200 lines, some of which have every problem that it knows."""
    from django.utils import timezone

    from numbers_app.models import OrderLine, OrderStatus, PurchaseOrder

    order = wanted(admin, places)
    now = timezone.now()
    lines = list(order.lines.order_by("pk"))
    for position, line in enumerate(lines):
        line.checked_at = now
        if position % 9 == 0:
            line.problem = list(WORDS)[position // 9 % len(WORDS)]
            line.words = WORDS[line.problem]
            continue
        line.phone_number = f"+1830556{position:04}"
        line.locality, line.region = "San Antonio", "TX"
        line.monthly_price, line.price_unit = Decimal("2.15"), "USD"
        line.fingerprint_id, line.searched_at = f"finger-{position}", now
    columns = ("checked_at", "problem", "words", "phone_number", "locality", "region", "monthly_price", "price_unit")
    OrderLine.objects.bulk_update(lines, [*columns, "fingerprint_id", "searched_at"], batch_size=100)
    PurchaseOrder.objects.filter(pk=order.pk).update(
        name="Preview with problems", status=OrderStatus.PREVIEWED, previewed_at=now
    )
    return order


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    print(json.dumps(fill()))
