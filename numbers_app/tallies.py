"""Counts the books up for the first page, which must not read them at large.

Nothing that buys a number takes part in it. A task counts a few times a minute: the history (`PurchaseEvent`) tells
what has changed since the last round, and every day that it touches is counted anew from the purchases themselves. A
purchase belongs to the day (UTC) on which it was asked for, which never changes; evidence that comes late changes an
old day. What is written replaces what was there, and nothing that another wrote meanwhile: twice, at once or half done,
it comes out right.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models.functions import TruncDate

from numbers_app import clock
from numbers_app.counting import SETTLED, current, locked, newest_event, today
from numbers_app.models import Counting, Location, PurchaseEvent, Status
from numbers_app.number_tallies import changed_places, count_again, count_numbers
from numbers_app.purchase_tallies import latest_day, rewrite, unit_of

EVENTS_AT_ONCE = 200_000


def count_up(*, seconds: float) -> None:
    """One round: what has changed, then more of a count of everything where one is under way, for about so long."""
    start = time.monotonic()
    began = clock.now()
    counting = current()
    top = min(newest_event(), counting.events_to + EVENTS_AT_ONCE)
    days, places = touched(counting.events_to, top)
    for unit in sorted({unit_of(day, today=today()) for day in days}, reverse=True):
        rewrite(unit)
    while count_next() and time.monotonic() - start < seconds / 2:
        pass
    count_again(places)
    while (some := changed_places(before=began)) and time.monotonic() - start < seconds:
        count_numbers(some)
    note_round(began=began, top=top)


def count_everything() -> None:
    """Let the next rounds count all of it anew, from today back."""
    current()
    Counting.objects.update(next_before=today() + timedelta(days=1))


def touched(after: int, to: int) -> tuple[set[date], set[int]]:
    """The days whose purchases these events changed, and the locations where a person decided on a number's price.

    Whatever else changes numbers leaves its time on the mirror.
    """
    day = TruncDate("purchase__created_at", tzinfo=UTC)
    events = PurchaseEvent.objects.filter(pk__gt=after, pk__lte=to).order_by()
    decided = events.filter(actor__isnull=False, to_status__in=(Status.PURCHASED, Status.FAILED))
    days = set(events.values_list(day, flat=True).distinct())
    return days, set(decided.values_list("purchase__location_id", flat=True).distinct())


@transaction.atomic
def note_round(*, began: datetime, top: int) -> None:
    """Events are looked at again for a while: one with a lower key may be committed after one with a higher."""
    counting = locked()
    if counting.seen_at is None or began - counting.seen_at >= SETTLED:
        counting.events_to = max(counting.events_to, counting.seen_to)
        counting.seen_to, counting.seen_at = max(counting.seen_to, top), began
    if not counting.complete and counting.next_before is None:
        counting.complete = not Location.objects.filter(number_tallies=None).exists()
    counting.ran_at = clock.now()
    counting.save(update_fields=["events_to", "seen_to", "seen_at", "complete", "ran_at"])


def count_next() -> bool:
    """The next stretch of a count of everything; False where none is under way any more."""
    before = current().next_before
    if before is None:
        return False
    day = latest_day(before=before)
    unit = unit_of(day, today=today()) if day else None
    if unit:
        rewrite(unit)
    # Unless another has come further, or begun anew.
    Counting.objects.filter(next_before=before).update(next_before=unit and unit.since)
    return unit is not None
