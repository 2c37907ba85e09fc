"""Work at many locations, several at a time: what takes long is waiting for the provider."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connection

from numbers_app.models import Location

SHORTEST_WAIT_SECONDS = 1.0  # a provider that says "later, in no time" is not asked without end


class Busy(Exception):
    """The provider's limit, or the budget that keeps us within it, allows no more calls for so many seconds."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(f"No more calls for {wait_seconds:.0f} s.")
        self.wait_seconds = max(wait_seconds, SHORTEST_WAIT_SECONDS)


def at_each(locations: Sequence[Location], work: Callable[[Location], None], *, until: float) -> float:
    """Do the work at the locations, beginning none after ``until`` (seconds of the monotonic clock).

    Returns for how many seconds there is nothing to do: 0 unless every location that is left is busy. What the work
    raises besides is a bug, and raised when the others are done.
    """

    def visit(location: Location) -> float | None:
        if time.monotonic() >= until:
            return 0.0
        try:
            work(location)
        except Busy as busy:
            return busy.wait_seconds
        return None

    if settings.ORDER_HANDS == 1 or len(locations) == 1:
        waits = [visit(location) for location in locations]
    else:
        with ThreadPoolExecutor(settings.ORDER_HANDS, thread_name_prefix="order") as hands:
            waits = list(hands.map(closing(visit), locations))
    return min((wait for wait in waits if wait is not None), default=0.0)


def closing(visit: Callable[[Location], float | None]) -> Callable[[Location], float | None]:
    """A thread's connection goes back to the pool with each location."""

    def visit_and_close(location: Location) -> float | None:
        try:
            return visit(location)
        finally:
            connection.close()

    return visit_and_close
