"""Fills a desk's books with orders in all states: ``python -m tests.browser.fill_progress``; prints their keys as JSON.

``python -m tests.browser.fill_progress move KEY`` lets the first number that waits in the order be bought.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import django

from tests.browser.fill import DUE_IN, LONG_NAMES

NUMBERS = count(8_307_000_000)
GONE = "Phone number {} is no longer available"
ADDRESS = "Address Sid is required for numbers of this country, and none is registered for the account of the location."
STATES = (
    *["purchased"] * 11,
    "rejected",
    "failed",
    "submitting",
    "uncertain",
    "needs_review",
    "queued",
    "on_hold",
    "on_hold",
    "on_hold",
)


def fill() -> dict[str, int]:
    from django.contrib.auth.models import User

    from numbers_app.models import Location

    admin = User.objects.get(username="admin")
    rosa = User.objects.create_user("rosa", first_name="Rosa", last_name="Dahlke")
    for position, name in enumerate(LONG_NAMES):
        Location.objects.get_or_create(location_id=f"longName{position:012}", defaults={"name": name})
    stopped = ("purchased", "purchased", "rejected", "failed", "cancelled")
    return {
        "none": order("running", admin, 0, ()),
        "three": order("running", admin, 3, ("purchased", "submitting", "on_hold")),
        "running": order("running", admin, 200, STATES),
        "ten-thousand": order("running", rosa, 10_000, STATES),
        "paused": order("paused", admin, 60, ("purchased", "on_hold", "on_hold")),
        "own-awaiting": order("awaiting_approval", admin, 40, ("awaiting_approval",)),
        "awaiting": order("awaiting_approval", rosa, 40, ("awaiting_approval",)),
        "finished": order("finished", admin, 120, stopped),
        "declined": order("declined", rosa, 3, ("cancelled",)),
    }


def order(status: str, user: Any, many: int, statuses: tuple[str, ...]) -> int:
    from django.contrib.auth.models import User
    from django.utils import timezone

    from numbers_app.models import OrderEvent, OrderPart, PurchaseOrder

    now = timezone.now()
    over = status in ("finished", "declined")
    made = PurchaseOrder.objects.create(
        name="Local numbers for all of the Hill Country, spring campaign" if many > 3 else "",
        status=status,
        requested_by=user,
        sandbox=True,
        submitted_at=now - timedelta(minutes=3),
        next_action_at=now + DUE_IN if status == "running" else None,
        finished_at=now if over else None,
        decided_by=User.objects.get(username="admin") if status == "declined" else None,
        decided_at=now if status == "declined" else None,
    )
    part = OrderPart.objects.create(order=made, source="want", label="5 local numbers for each of 40 locations")
    whys = {
        "drafted": "Begun.",
        "previewed": f"{many} of {many} can be bought.",
        "submitted": f"{many} numbers for {many * 1.15:.2f} USD a month.",
        "declined": "Forty numbers are too many for one month, see the budget. Ask again in June.",
        "finished": "Finished.",
    }
    said = ["drafted", "previewed", "submitted", *([status] if status in whys else [])]
    OrderEvent.objects.bulk_create(
        OrderEvent(order=made, at=now - timedelta(minutes=3), what=what, because=whys[what], actor=user)
        for what in said
    )
    add_lines(made, part, many, statuses)
    return int(made.pk)


def add_lines(made: Any, part: Any, many: int, statuses: tuple[str, ...]) -> None:
    from numbers_app.models import Location, OrderLine, Purchase

    if not many:
        return
    places = cycle(Location.objects.order_by("-pk"))
    lines = OrderLine.objects.bulk_create(
        (
            OrderLine(
                order=made,
                part=part,
                location=place,
                is_want=True,
                country_code="US",
                number_type="local",
                first_part="830",
                substitution="place" if position % 3 else "none",
                phone_number=f"+1{next(NUMBERS)}",
                monthly_price="1.15",
                price_unit="USD",
                **line_columns(status),
            )
            for position, status, place in zip(range(many), cycle(statuses), places, strict=False)
        ),
        batch_size=500,
    )
    taken = Purchase.objects.bulk_create(
        (purchase(line, "rejected", f"+1{next(NUMBERS)}") for line in lines[::7]), batch_size=500
    )
    first = {one.line_id: one for one in taken}
    last = Purchase.objects.bulk_create(
        (
            purchase(line, status, line.phone_number, substitute_of=first.get(line.pk))
            for line, status in zip(lines, cycle(statuses), strict=False)
        ),
        batch_size=500,
    )
    for line, one in zip(lines, last, strict=True):
        line.purchase = one
        line.words = one.reason if line.status == "stopped" else ""
    OrderLine.objects.bulk_update(lines, ["purchase", "words"], batch_size=500)


def line_columns(status: str) -> dict[str, str]:
    if status == "purchased":
        return {"status": "bought"}
    over = status in ("rejected", "failed", "cancelled")
    return {"status": "stopped", "problem": status} if over else {"status": "open"}


def purchase(line: Any, status: str, number: str, **columns: Any) -> Any:
    from django.utils import timezone

    from numbers_app.models import FINAL, TIMED, Purchase

    now = timezone.now()
    reasons = {"rejected": GONE.format(number) if line.pk % 3 else ADDRESS, "failed": "Given up after 3 attempts."}
    return Purchase(
        order=line.order,
        requested_by=line.order.requested_by,
        line=line,
        location=line.location,
        sandbox=True,
        phone_number=number,
        country_code="US",
        number_type="local",
        fingerprint_id="1773314252953",
        status=status,
        reason=reasons.get(status, ""),
        monthly_price="1.15",
        price_unit="USD",
        next_action_at=now + DUE_IN if status in TIMED else None,
        uncertain_since=now if status in ("uncertain", "needs_review") else None,
        finished_at=now if status in FINAL else None,
        confirmed_by="reply" if status == "purchased" else "",
        **columns,
    )


def move(key: int) -> None:
    from django.utils import timezone

    from numbers_app.models import OrderLine, Purchase

    line = OrderLine.objects.filter(order=key, purchase__status="on_hold").earliest("pk")
    Purchase.objects.filter(pk=line.purchase_id).update(
        status="purchased", confirmed_by="reply", finished_at=timezone.now()
    )
    OrderLine.objects.filter(pk=line.pk).update(status="bought")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadway_site.settings"
    django.setup()
    if sys.argv[1:2] == ["move"]:
        move(int(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(fill()))
