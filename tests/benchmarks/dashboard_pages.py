"""Counts, and asks for the first page: a process of its own for each database.

It reads a line of JSON for each request, ``{"count": what}`` or ``{"who": name}``, and answers with one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import django

MANY = 1000
PLACES = 20


def main() -> None:
    django.setup()
    from django.test import Client

    work: dict[str, Callable[[], None]] = {
        "everything": everything,
        "at_rest": a_round,
        "after_1000": lambda: in_a_moment(MANY),
    }
    clients = {name: signed_in(Client(headers={"host": "localhost"}), name) for name in ("admin", "somebody")}
    for line in sys.stdin:
        wanted = json.loads(line)
        answer = look(clients[wanted["who"]]) if "who" in wanted else timed(work[wanted["count"]])
        print(json.dumps(answer), flush=True)


def signed_in(client: Any, name: str) -> Any:
    from django.contrib.auth.models import Group, User

    from numbers_app.models import Location
    from tests.benchmarks.fill_names import ADMIN

    user = User.objects.get(username=ADMIN)
    if name != "admin":
        user = User.objects.get_or_create(username="of-20-locations", defaults={"is_staff": True})[0]
        user.groups.set([Group.objects.get(name="Viewer")])
        user.assigned_locations.set(Location.objects.order_by("pk")[:PLACES])
    client.force_login(user)
    return client


def timed(work: Callable[[], None]) -> dict[str, float]:
    from django.db import connection, transaction

    began = time.perf_counter()
    if work is everything:
        work()
    else:
        with transaction.atomic():
            work()
            transaction.set_rollback(True)  # the books stay as they are
    seconds = time.perf_counter() - began
    connection.close()
    return {"seconds": Taken.seconds or seconds}


class Taken:
    """The part of the work that counts; zero: all of it."""

    seconds = 0.0


def everything() -> None:
    """As after an update: round by round, until all is counted."""
    from django.conf import settings

    from numbers_app.models import Counting, NumberTally, RefusalTally, Tally
    from numbers_app.tallies import count_up

    Taken.seconds = 0.0
    for model in (Counting, NumberTally, RefusalTally, Tally):
        model.objects.all().delete()
    while not Counting.objects.filter(complete=True).exists():
        count_up(seconds=settings.COUNT_SECONDS)


def a_round() -> None:
    """Nothing has happened since the last one."""
    from numbers_app.counting import newest_event
    from numbers_app.models import Counting
    from numbers_app.tallies import count_up

    Counting.objects.update(events_to=newest_event())
    began = time.perf_counter()
    count_up(seconds=60.0)
    Taken.seconds = time.perf_counter() - began


def in_a_moment(many: int) -> None:
    """So many purchases were just asked for and refused."""
    from django.utils import timezone

    from numbers_app.models import Location, Purchase, PurchaseEvent, PurchaseOrder, Status

    numbers = count(8_399_000_000)
    places = list(Location.objects.order_by("pk")[:500])
    order = PurchaseOrder.objects.create()
    now = timezone.now()
    purchases = Purchase.objects.bulk_create(
        Purchase(
            order=order,
            location=places[n % len(places)],
            phone_number=f"+1{next(numbers)}",
            status=Status.REJECTED,
            reason="Phone number is no longer available",
            sandbox=True,
            finished_at=now,
        )
        for n in range(many)
    )
    PurchaseEvent.objects.bulk_create(
        PurchaseEvent(purchase=purchase, at=now, to_status=Status.REJECTED, because="Gone.") for purchase in purchases
    )
    a_round_after(min(event for event in PurchaseEvent.objects.order_by("-pk").values_list("pk", flat=True)[:many]))


def a_round_after(event: int) -> None:
    from numbers_app.models import Counting
    from numbers_app.tallies import count_up

    Counting.objects.update(events_to=event - 1)
    began = time.perf_counter()
    count_up(seconds=60.0)
    Taken.seconds = time.perf_counter() - began


def look(client: Any) -> dict[str, float]:
    began = time.perf_counter()
    response = client.get("/admin/")
    taken = time.perf_counter() - began
    assert response.status_code == 200
    return {"ms": taken * 1000}


if __name__ == "__main__":
    main()
