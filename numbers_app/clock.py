"""The time that the purchases go by: the database's, which all processes share, as far as it is known.

A worker's own clock may be off, and leases, settle times and due times are compared between processes. A process that
works on purchases measures the difference when it starts, and again from time to time; one that never did goes by its
own clock.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import Error, connection
from django.utils import timezone

MEASURE_EVERY_SECONDS = 60.0
WORTH_A_WORD = timedelta(seconds=2)

logger = logging.getLogger(__name__)


class Difference:
    """How much this process's clock is behind the database's."""

    value = timedelta()
    measured_at: float | None = None


def now() -> datetime:
    """The time of day, by the database."""
    return timezone.now() + Difference.value


def correct(moment: datetime) -> datetime:
    """A time that was read off this process's clock, by the database's."""
    return moment + Difference.value


def keep_true() -> None:
    """Measure, unless it was done a short while ago. SQLite is on the same machine and has no clock of its own."""
    if connection.vendor != "postgresql":
        return
    measured_at = Difference.measured_at
    if measured_at is not None and time.monotonic() - measured_at < MEASURE_EVERY_SECONDS:
        return
    try:
        measure()
    except Error as error:  # the work that follows will say so loudly enough
        logger.warning("The database's clock could not be read: %s", error)


def measure() -> None:
    connection.ensure_connection()  # its time is not the answer's
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    after = timezone.now()
    Difference.value = theirs - (before + (after - before) / 2)
    Difference.measured_at = time.monotonic()
    if abs(Difference.value) > WORTH_A_WORD:
        logger.warning("This machine's clock is off by %s; purchases go by the database's", Difference.value)
