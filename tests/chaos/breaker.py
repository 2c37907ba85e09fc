"""Breaks the stack, by a plan that is drawn from the seed."""

from __future__ import annotations

import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import psycopg
import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from numbers_app.purchasing import dispatch
from tests.chaos.books import ids_to_send, order_ids_to_send, steady
from tests.chaos.processes import Process
from tests.chaos.stack import Stack

# How often each kind of breakage comes, in seconds on the average.
PERIODS = {
    "worker killed": 3.5,
    "worker stopped past its lease": 22,
    "web process killed": 30,
    "beat killed": 30,
    "Redis emptied": 14,
    "Redis restarted without its data": 24,
    "Redis gone for 10 s": 34,
    "PostgreSQL restarted": 26,
    "connections cut": 6,
    "messages sent twice": 4,
}
GONE_SECONDS = 10
CUT_AT_ONCE = 4
SENT_AT_ONCE = 12


def make_plan(rng: random.Random, seconds: float) -> list[tuple[float, str]]:
    """When what is broken, each kind at least once where there is time."""
    plan = []
    for what, period in PERIODS.items():
        at = rng.uniform(0.2, 0.9) * period
        while at < seconds:
            plan.append((at, what))
            at += rng.uniform(0.6, 1.4) * period
    return sorted(plan)


class Breaker:
    """Works in the thread that calls it: its processes must not end with a thread of theirs."""

    def __init__(self, stack: Stack, *, seed: int, seconds: float) -> None:
        self.stack = stack
        self.rng = random.Random(f"breaker {seed}")
        self.order = itertools.count()
        self.seconds = seconds
        self.done: Counter[str] = Counter()
        self.ended_by_themselves: list[str] = []
        self.began = time.monotonic()
        self.steps: list[tuple[float, int, Callable[[], None]]] = []
        for at, what in make_plan(self.rng, seconds):
            self.at(at, lambda what=what: self.break_(what))

    def at(self, when: float, step: Callable[[], None]) -> None:
        heapq.heappush(self.steps, (when, next(self.order), step))

    def run(self, tick: Callable[[], None]) -> None:
        """To the end of the plan and of what it began; then everything runs again."""
        self.began = time.monotonic()
        while self.steps:
            when, _, step = heapq.heappop(self.steps)
            while self.now < when:
                time.sleep(min(when - self.now, 0.5))
                tick()
            self.mend()
            step()
        self.mend()

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def mend(self) -> None:
        """A process that was not killed and does not run has ended by itself."""
        for process in self.stack.desk:
            if not process.alive:
                self.ended_by_themselves.append(
                    f"{process.name} after {self.now:.0f} s, code {process.popen.returncode}"
                )
                process.start()

    def break_(self, what: str) -> None:
        """Only what was broken in truth is counted."""
        done = {
            "worker killed": self.kill_worker,
            "worker stopped past its lease": self.stop_worker,
            "web process killed": lambda: self.kill(self.stack.web),
            "beat killed": lambda: self.kill(self.rng.choice(self.stack.beats)),
            "Redis emptied": self.empty_redis,
            "Redis restarted without its data": self.restart_redis,
            "Redis gone for 10 s": self.take_redis_away,
            "PostgreSQL restarted": self.restart_postgres,
            "connections cut": self.cut_connections,
            "messages sent twice": self.send_twice,
        }[what]()
        self.done[what] += int(done)

    def kill(self, process: Process) -> bool:
        process.end(signal.SIGKILL)
        process.start()
        return True

    def kill_worker(self) -> bool:
        awake = [worker for worker in self.stack.workers if not worker.stopped]
        return bool(awake) and self.kill(self.rng.choice(awake))

    def stop_worker(self) -> bool:
        awake = [worker for worker in self.stack.workers if not worker.stopped]
        if not awake:
            return False
        worker = self.rng.choice(awake)
        worker.freeze()
        wake_at = self.now + settings.PURCHASE_LEASE_SECONDS + self.rng.uniform(0.2, 1.2)
        self.at(wake_at, worker.thaw)
        return True

    def empty_redis(self) -> bool:
        try:
            with redis.Redis(port=self.stack.redis_port, socket_timeout=2) as client:
                return bool(client.flushall())
        except redis.exceptions.RedisError:
            return False

    def restart_redis(self) -> bool:
        if not self.stack.redis.alive:
            return False
        return self.kill(self.stack.redis)

    def take_redis_away(self) -> bool:
        if not self.stack.redis.alive:
            return False
        self.stack.redis.end(signal.SIGKILL)
        self.at(self.now + GONE_SECONDS, self.stack.redis.start)
        return True

    def restart_postgres(self) -> bool:
        self.stack.restart_postgres()
        return True

    def cut_connections(self) -> int:
        """Preferably those in mid-transaction: wait a moment for some."""
        try:
            with self.stack.connect() as database:
                return self.cut(database)
        except psycopg.OperationalError:
            return 0

    def cut(self, database: psycopg.Connection) -> int:
        busy = "xact_start IS NOT NULL AND "
        for _ in range(50):
            rows = database.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {busy} datname = 'postgres' "
                "AND application_name <> 'chaos' ORDER BY random() LIMIT %s",
                [self.rng.randint(1, CUT_AT_ONCE)],
            ).fetchall()
            if rows:
                return len(rows)
            time.sleep(0.02)
        return 0

    def send_twice(self) -> int:
        """Messages for what is under way, and for what is long since over, once more and once again."""
        purchases = [pk for some in steady(ids_to_send) for pk in self.some_of(some)]
        orders = [pk for some in steady(order_ids_to_send) for pk in self.some_of(some)]
        messages = [
            *[(dispatch.SUBMIT, [pk]) for pk in purchases],
            *[(dispatch.LOOK_UP, pk) for pk in purchases],
            *[(dispatch.ADVANCE, pk) for pk in orders],
        ]
        sent = 0
        for task, argument in [*messages, *messages]:
            try:
                current_app.send_task(task, args=[argument])
            except OperationalError:
                break
            sent += 1
        return sent

    def some_of(self, ids: list[int]) -> list[int]:
        return self.rng.sample(ids, min(SENT_AT_ONCE, len(ids)))
