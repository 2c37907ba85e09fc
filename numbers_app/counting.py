"""How far the counting of the books has come, and how something is counted while others count or buy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from numbers_app import clock
from numbers_app.models import Counting, NumberTally, PurchaseEvent

# A transaction that takes longer may bring an event that is not counted before the count of everything at night.
SETTLED = timedelta(seconds=60)
EVENTS_BEFORE = 1000  # that a first count looks at again: they may have been on their way
FINEST = Decimal("0.0001")  # SQLite adds as floats do; prices have four places

Found = TypeVar("Found")


def today() -> date:
    return clock.now().astimezone(UTC).date()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def current() -> Counting:
    """How far the counting has come; begun anew where there is none, or where it was of rehearsals and now is not."""
    counting = Counting.objects.filter(pk=Counting.ONLY, sandbox=settings.SANDBOX).first()
    return counting or begin()


@transaction.atomic
def begin() -> Counting:
    Counting.objects.bulk_create([Counting(pk=Counting.ONLY, sandbox=not settings.SANDBOX)], ignore_conflicts=True)
    counting = locked()
    if counting.sandbox != settings.SANDBOX:
        counting.sandbox, counting.complete = settings.SANDBOX, False
        counting.events_to = counting.seen_to = max(newest_event() - EVENTS_BEFORE, 0)
        counting.next_before = today() + timedelta(days=1)
        counting.save()
        NumberTally.objects.all().delete()
    return counting


def locked() -> Counting:
    """One counts at a time; those who buy never wait for it."""
    return Counting.objects.select_for_update().get(pk=Counting.ONLY)


def newest_event() -> int:
    return PurchaseEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0


def write_unchanged(count: Callable[[], Found], write: Callable[[Found], None]) -> None:
    """Count, which may take seconds, then lock and write; count again if another has written meanwhile.

    SQLite locks the whole database, and a purchase must not wait for a count.
    """
    for last in (False, False, True):
        seen = current().ran_at
        found = None if last else count()
        with transaction.atomic():
            counting = locked()
            if last or counting.ran_at == seen:
                write(count() if found is None else found)
                counting.ran_at = clock.now()
                counting.save(update_fields=["ran_at"])
                return
