"""The calls to the provider, counted in this process's memory; `pulse` writes them down every few seconds.

Counting is a few additions under a lock: no call waits for a database. A process that is killed takes what it had not
written yet with it, a few seconds' worth.

Latencies are kept in buckets, each a third wider than the one before; a percentile that is read from them is at most
15% off.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from numbers_app import clock
from numbers_app.leadconnector.budget import UNCOUNTED, Limits
from numbers_app.leadconnector.transport import Call
from numbers_app.models import CallTally

FIRST_SECONDS = 0.005  # the first bucket ends here
WIDTH = 1.3  # how much longer the calls of one bucket may take than those of the one before
LAST = 40  # that bucket ends at three minutes; longer than any timeout


@dataclass
class Counts:
    """What one process saw of one endpoint in one hour."""

    calls: int = 0
    errors: int = 0
    limited: int = 0
    refused: int = 0
    latencies: Counter[int] = field(default_factory=Counter)
    budget_peak: int | None = None


class Ledger:
    """This process's counts: of the present hour, and of earlier ones until they are written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, str], Counts] = {}
        self._news: set[tuple[datetime, str]] = set()

    def note(self, call: Call) -> None:
        """Count one call."""
        now = clock.now()
        key = (now.replace(minute=0, second=0, microsecond=0), endpoint_of(call))
        share = share_used(call.headers)
        with self._lock:
            counts = self._counts.setdefault(key, Counts())
            self._news.add(key)
            counts.calls += 1
            counts.latencies[bucket_of(call.seconds)] += 1
            counts.limited += call.status == 429
            counts.errors += call.status is None or call.status >= 500
            counts.refused += call.status is not None and 400 <= call.status < 500 and call.status != 429
            if share is not None:
                counts.budget_peak = max(counts.budget_peak or 0, share)

    def write(self, *, process: str) -> None:
        """Write down what is new; each row whole, so that it may be written again."""
        with self._lock:
            news, self._news = self._news, set()
            rows = [row_of(process, hour, endpoint, self._counts[hour, endpoint]) for hour, endpoint in sorted(news)]
        if not rows:
            return
        try:
            CallTally.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["hour", "process", "endpoint"],
                update_fields=["calls", "errors", "limited", "refused", "latencies", "budget_peak"],
            )
        except BaseException:
            with self._lock:
                self._news |= news
            raise
        self._forget(before=rows[-1].hour - timedelta(hours=1))

    def _forget(self, *, before: datetime) -> None:
        """Hours that are written, and long enough over for no call of theirs to come late: its row would begin anew."""
        with self._lock:
            for key in [key for key in self._counts if key[0] < before and key not in self._news]:
                del self._counts[key]


def row_of(process: str, hour: datetime, endpoint: str, counts: Counts) -> CallTally:
    return CallTally(
        hour=hour,
        process=process,
        endpoint=endpoint,
        calls=counts.calls,
        errors=counts.errors,
        limited=counts.limited,
        refused=counts.refused,
        latencies={str(bucket): many for bucket, many in counts.latencies.items()},
        budget_peak=counts.budget_peak,
    )


def endpoint_of(call: Call) -> str:
    """A short name for where the call went."""
    if call.method == "POST":
        return "purchase"
    if call.path.endswith("/available"):
        return "search"
    if call.path.startswith("/phone-system/"):
        return "numbers"
    return "locations"


def share_used(headers: Mapping[str, str]) -> int | None:
    """How much of the location's burst the reply says is used up, in percent; None where it does not say."""
    limits = Limits.read(headers)
    if limits.left < 0 or not 0 < limits.burst < UNCOUNTED:
        return None
    return round(100 * max(limits.burst - limits.left, 0) / limits.burst)


def bucket_of(seconds: float) -> int:
    if seconds <= FIRST_SECONDS:
        return 0
    return min(math.ceil(math.log(seconds / FIRST_SECONDS, WIDTH) - 1e-9), LAST)


def percentile(latencies: Mapping[int, int], share: float) -> float | None:
    """The seconds within which this share of the calls was answered: the middle of the bucket that it falls into."""
    total = sum(latencies.values())
    if not total:
        return None
    seen = 0
    for bucket in sorted(latencies):
        seen += latencies[bucket]
        if seen >= share * total:
            return float(FIRST_SECONDS * WIDTH ** (bucket - 0.5))
    raise AssertionError("Shares are at most 1.")


def together(many: Iterable[Mapping[str, int]]) -> Counter[int]:
    """Latencies as they are stored, added up."""
    sums: Counter[int] = Counter()
    for latencies in many:
        sums.update({int(bucket): count for bucket, count in latencies.items()})
    return sums


ledger = Ledger()
"""This process's own."""
