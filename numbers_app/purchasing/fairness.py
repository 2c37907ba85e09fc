"""Whose turn it is: locations take turns, and within a location the first asked for goes first.

A location with ten thousand queued purchases is served a few at a time, as one with a single purchase is. Only as much
is sent as workers can take soon, for what is sent has left the queue's order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery

from numbers_app import clock
from numbers_app.leadconnector.budget import Grant, Purpose
from numbers_app.models import Location, Purchase, Status
from numbers_app.provider import budget

LOST_AFTER = timedelta(seconds=2)  # what was sent and not taken for so long is no longer waited for


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What is to be sent now, whether more waits, and how long until the request budget has room for it."""

    purchase_ids: list[int] = field(default_factory=list)
    more_waits: bool = False
    wait_seconds: float = 0.0


class LastServed:
    """Where the round through the locations stands; each process has its own, and any place to begin is fair."""

    pk = 0


def next_turn() -> Turn:
    """The next purchases in a fair order, as many as there is room for with the workers and in the budget."""
    room = settings.PURCHASE_AHEAD - on_the_way()
    if room <= 0:
        return Turn(more_waits=True)
    now = clock.now()
    heads = heads_of_queues(now=now, most=room)
    if not heads:
        return Turn()
    LastServed.pk = list(heads)[-1].pk
    grants = budgets_of(heads)
    rooms = {location: grant.left for location, grant in grants.items() if grant.left > 0}
    if rooms or len(heads) == room:  # there may be more locations than were looked at
        return Turn(purchase_ids=share(heads, rooms, room=room, now=now), more_waits=True)
    return Turn(more_waits=True, wait_seconds=min(grant.wait_seconds for grant in grants.values()))


def on_the_way() -> int:
    """How many purchases were sent to the workers a moment ago and are not taken yet."""
    now = clock.now()
    put_aside_until = now + timedelta(seconds=settings.PURCHASE_REDISPATCH_SECONDS)
    held_back = Q(not_before__gt=now)
    sent = Purchase.objects.filter(
        status=Status.QUEUED, next_action_at__gt=put_aside_until - LOST_AFTER, next_action_at__lte=put_aside_until
    )
    return sent.exclude(held_back).count()


def due_queue(*, now: datetime) -> QuerySet[Purchase]:
    return Purchase.objects.filter(status=Status.QUEUED, next_action_at__lte=now, sandbox=settings.SANDBOX)


def heads_of_queues(*, now: datetime, most: int) -> dict[Location, int]:
    """The next locations of the round that have something due, and what has waited longest in each."""
    first = due_queue(now=now).filter(location=OuterRef("pk")).order_by("pk").values("pk")[:1]
    waiting = (
        Location.objects.filter(paused_at__isnull=True)
        .annotate(head=Subquery(first))
        .filter(head__isnull=False)
        .only("pk", "location_id")
    )
    later = list(waiting.filter(pk__gt=LastServed.pk).order_by("pk")[:most])
    earlier = list(waiting.filter(pk__lte=LastServed.pk).order_by("pk")[: most - len(later)])
    return {location: location.head for location in (*later, *earlier)}  # type: ignore[attr-defined]  # annotated


def budgets_of(heads: dict[Location, int]) -> dict[Location, Grant]:
    """What the budget has left for each location; nothing is taken yet, for that is done when a purchase is sent.

    Where an outcome is unknown, one request is left for looking it up.
    """
    grants = budget().take(dict.fromkeys((location.location_id for location in heads), 0), purpose=Purpose.BUYING)
    unsure = Purchase.objects.filter(status=Status.UNCERTAIN, location__in=[location.pk for location in heads])
    looking = set(unsure.values_list("location_id", flat=True))
    found = {location: grants[location.location_id] for location in heads}
    return {
        location: replace(grant, left=grant.left - 1) if location.pk in looking else grant
        for location, grant in found.items()
    }


def share(heads: dict[Location, int], rooms: dict[Location, int], *, room: int, now: datetime) -> list[int]:
    """An equal share of the room for each location that has budget, in the order of the round."""
    each = room // max(len(rooms), 1)
    if each <= 1:
        return [heads[location] for location in rooms]
    queues = [first_of_queue(location, most=min(each, left), now=now) for location, left in rooms.items()]
    return [pk for queue in queues for pk in queue]


def first_of_queue(location: Location, *, most: int, now: datetime) -> list[int]:
    queue = due_queue(now=now).filter(location=location).order_by("pk")
    return list(queue.values_list("pk", flat=True)[:most])


def waits_behind_others(purchase: Purchase) -> bool:
    """Whether others of its location were asked for before and are still queued, or the location's queue is stopped."""
    before = Purchase.objects.filter(location=purchase.location_id, status=Status.QUEUED, pk__lt=purchase.pk)
    return before.exists() or Location.objects.filter(pk=purchase.location_id, paused_at__isnull=False).exists()
