"""How the provider and our own engine are doing, as the first page tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from numbers_app import clock
from numbers_app.calls import percentile, together
from numbers_app.models import (
    TIMED,
    CallTally,
    Counting,
    Heartbeat,
    Purchase,
    PurchaseAttempt,
    Role,
    Status,
)
from numbers_app.provider import budget

HOURS = 24
ALIVE_SECONDS = 45  # a process that said nothing for so long is taken for dead
ROUND_LATE_SECONDS = 120  # rounds of counting come every 20 s; one may take its time
WAIT_SECONDS = 120  # what has been due for so long, while nothing is sent, is stuck
MOST_COUNTED = 10_001  # rows of the queue


# ── The provider


@dataclass(frozen=True, kw_only=True)
class Hour:
    """The calls of one hour; times are seconds, None where nothing was called or said."""

    at: datetime
    calls: int
    errors: int
    limited: int
    refused: int
    p50: float | None
    p95: float | None
    budget_peak: int | None

    @property
    def answered(self) -> int:
        return self.calls - self.errors - self.limited


def provider_hours() -> list[Hour]:
    """The last 24 hours, the present one last."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    rows: dict[datetime, list[CallTally]] = {hour: [] for hour in hours}
    for row in CallTally.objects.filter(hour__gte=hours[0], hour__lte=now):
        rows[row.hour].append(row)
    return [sum_up(hour, rows[hour]) for hour in hours]


def sum_up(hour: datetime, rows: Sequence[CallTally]) -> Hour:
    latencies: Counter[int] = together(row.latencies for row in rows)
    peaks = [row.budget_peak for row in rows if row.budget_peak is not None]
    return Hour(
        at=hour,
        calls=sum(row.calls for row in rows),
        errors=sum(row.errors for row in rows),
        limited=sum(row.limited for row in rows),
        refused=sum(row.refused for row in rows),
        p50=percentile(latencies, 0.5),
        p95=percentile(latencies, 0.95),
        budget_peak=max(peaks, default=None),
    )


# ── The engine


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong, and what to do about it."""

    words: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What the engine's parts have said of themselves."""

    now: datetime
    broker_answers: bool
    workers: int
    worker_seen: datetime | None
    beats: int
    beat_seen: datetime | None
    round_at: datetime | None
    """When the timer, the broker and a worker last did something together."""
    queued: int
    under_way: int
    oldest_due: datetime | None
    sent_at: datetime | None

    @property
    def oldest_wait(self) -> timedelta | None:
        return self.now - self.oldest_due if self.oldest_due else None

    def troubles(self) -> list[Trouble]:
        """The first is what the others may come from."""
        found = [*self.missing_parts()]
        if not found and self.is_older(self.round_at, ROUND_LATE_SECONDS):
            found.append(
                Trouble(
                    words=_("What the timer asks for has not been done for %(time)s.")
                    % {"time": since(self.round_at, self.now)},
                    advice=_(
                        "The workers may be busy or stuck. Their log says more; starting them again does no harm."
                    ),
                )
            )
        if self.is_stuck():
            found.append(
                Trouble(
                    words=_("The oldest purchase has been due for %(time)s, and nothing is being sent.")
                    % {"time": since(self.oldest_due, self.now)},
                    advice=_(
                        "See the provider’s health below, and whether a location’s requests of the day are used up."
                    ),
                )
            )
        return found

    def missing_parts(self) -> list[Trouble]:
        found = []
        if not self.broker_answers:
            words = _("The broker (Redis) can’t be reached: what is asked for now waits until it is back.")
            found.append(Trouble(words=words, advice=_("Start it, or see whether REDIS_URL leads to it.")))
        if not self.workers:
            words = unseen(
                self.worker_seen,
                self.now,
                never=_("No worker has been seen yet: purchases wait."),
                ago=_("No worker has been seen for %(time)s: purchases wait."),
            )
            found.append(Trouble(words=words, advice=_("Start one; what waits goes on by itself. Nothing is lost.")))
        if not self.beats:
            words = unseen(
                self.beat_seen,
                self.now,
                never=_("The timer (beat) has not been seen yet: what waits for a second try is not sent."),
                ago=_("The timer (beat) has not been seen for %(time)s: what waits for a second try is not sent."),
            )
            found.append(Trouble(words=words, advice=_("Start it; one is enough, and two do no harm.")))
        return found

    def is_stuck(self) -> bool:
        return self.is_older(self.oldest_due, WAIT_SECONDS) and not self.is_younger(self.sent_at, WAIT_SECONDS)

    def is_older(self, at: datetime | None, seconds: int) -> bool:
        return at is not None and self.now - at > timedelta(seconds=seconds)

    def is_younger(self, at: datetime | None, seconds: int) -> bool:
        return at is not None and self.now - at <= timedelta(seconds=seconds)


def engine(user: Any) -> Engine:
    """The parts are everybody's; the queue is that of the locations that the user sees."""
    now = clock.now()
    ours = Purchase.objects.filter(sandbox=settings.SANDBOX).order_by()
    moving = ours.visible_among_few(user)
    due = moving.filter(status__in=TIMED, next_action_at__lte=now)
    may_go = due.filter(Q(location__paused_at__isnull=True) | ~Q(status=Status.QUEUED))
    alive = Q(stopped_at__isnull=True, at__gte=now - timedelta(seconds=ALIVE_SECONDS))
    signs = {
        role: (many, seen)
        for role, many, seen in Heartbeat.objects.order_by()
        .values_list("role")
        .annotate(many=Count("pk", filter=alive), seen=Max("at"))
    }
    workers, worker_seen = signs.get(Role.WORKER, (0, None))
    beats, beat_seen = signs.get(Role.BEAT, (0, None))
    return Engine(
        now=now,
        broker_answers=budget().is_counted,
        workers=workers,
        worker_seen=worker_seen,
        beats=beats,
        beat_seen=beat_seen,
        round_at=Counting.objects.filter(pk=Counting.ONLY).values_list("ran_at", flat=True).first(),
        queued=ours.visible_by_keys(user).filter(status=Status.QUEUED)[:MOST_COUNTED].count(),
        under_way=moving.filter(status__in=(Status.SUBMITTING, Status.UNCERTAIN))[:MOST_COUNTED].count(),
        oldest_due=may_go.aggregate(oldest=Min("next_action_at"))["oldest"],
        sent_at=PurchaseAttempt.objects.order_by("-pk").values_list("started_at", flat=True).first(),
    )


def unseen(seen: datetime | None, now: datetime, *, never: str, ago: str) -> str:
    return never if seen is None else ago % {"time": since(seen, now)}


def since(at: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    at = at or now
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    return timesince(at, now, depth=1).replace("\xa0", " ")
