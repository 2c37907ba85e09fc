"""The provider's request limits: 100 in 10 seconds and 200,000 a day, for each location (FACTS 8)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

BURST = 100
BURST_SECONDS = 10.0
DAILY = 200_000
DAY_SECONDS = 86_400.0
UNLIMITED = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What the limits say about one request."""

    allowed: bool
    limit: int
    remaining: int
    daily_limit: int
    daily_remaining: int
    retry_after: int
    """Seconds until there is room again; 0 for a request that was allowed."""

    def headers(self) -> str:
        return (
            f"X-RateLimit-Limit-Daily: {self.daily_limit}\r\n"
            f"X-RateLimit-Daily-Remaining: {self.daily_remaining}\r\n"
            f"X-RateLimit-Interval-Milliseconds: {int(BURST_SECONDS * 1000)}\r\n"
            f"X-RateLimit-Max: {self.limit}\r\n"
            f"X-RateLimit-Remaining: {self.remaining}\r\n"
        )


# A sandbox without limits says so in its headers: a client that heeds them must not slow down.
NO_LIMIT = Allowance(
    allowed=True,
    limit=UNLIMITED,
    remaining=UNLIMITED,
    daily_limit=UNLIMITED,
    daily_remaining=UNLIMITED,
    retry_after=0,
)


@dataclass(slots=True)
class Window:
    """A span of time that begins with its first request."""

    began: float
    used: int = 0

    def renew(self, *, now: float, seconds: float) -> None:
        if now - self.began >= seconds:
            self.began, self.used = now, 0


class Limits:
    """Counts requests by location; one that is refused does not count."""

    def __init__(self, *, enabled: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[Window, Window]] = {}

    def take(self, key: str) -> Allowance:
        """Count one request against ``key`` (a location, or "" for the agency) and tell what is left."""
        if not self._enabled:
            return NO_LIMIT
        with self._lock:
            now = self._clock()
            burst, day = self._windows.setdefault(key, (Window(now), Window(now)))
            burst.renew(now=now, seconds=BURST_SECONDS)
            day.renew(now=now, seconds=DAY_SECONDS)
            allowed = burst.used < BURST and day.used < DAILY
            wait = 0.0
            if allowed:
                burst.used += 1
                day.used += 1
            elif day.used >= DAILY:
                wait = day.began + DAY_SECONDS - now
            else:
                wait = burst.began + BURST_SECONDS - now
            return Allowance(
                allowed=allowed,
                limit=BURST,
                remaining=BURST - burst.used,
                daily_limit=DAILY,
                daily_remaining=DAILY - day.used,
                retry_after=math.ceil(wait),
            )
