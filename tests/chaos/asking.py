"""What all who ask the desk for numbers have in common: they ask again, as people do, until they are taken."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import requests
from django.db import DatabaseError, connection

from tests.chaos.books import steady

PATIENCE_SECONDS = 120  # for one thing that is asked: longer than any outage
PAUSE_SECONDS = 0.5


class Askers:
    """Threads of their own, from `begin` until `wait` returns."""

    def __init__(self, *, threads: int) -> None:
        self.lock = threading.Lock()
        self.troubles: Counter[str] = Counter()
        """What those who asked got to see while things were broken."""
        self.wrong: list[str] = []
        """What must never be seen."""
        self.placed = 0
        self.began = 0.0
        self.given_up = threading.Event()
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=type(self).__name__)
        self.work: list[Future[None]] = []

    def begin(self, *work: Callable[[], None]) -> None:
        self.began = time.monotonic()
        self.work = [self.pool.submit(one) for one in work]

    @property
    def done(self) -> bool:
        return all(work.done() for work in self.work)

    def wait(self) -> None:
        """Raises what a thread raised."""
        for work in self.work:
            work.result()
        self.pool.shutdown()

    def give_up(self) -> None:
        """For a run that breaks off: its threads must not go on."""
        self.given_up.set()

    def when_due(self, at: float) -> None:
        self.given_up.wait(max(0.0, self.began + at - time.monotonic()))

    def until_taken(self, what: str, ask: Callable[[], str], *, who: str) -> bool:
        """Ask until there is no trouble any more; whether it came to that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.given_up.is_set():
            try:
                trouble = ask()
            except (DatabaseError, requests.RequestException) as error:
                trouble = type(error).__name__
            finally:
                connection.close()  # a broken one must not come back
            if not trouble:
                return True
            self.note_trouble(f"{what}: {trouble}")
            time.sleep(PAUSE_SECONDS)
        self.note_wrong(f"{who}: {what}, not within {PATIENCE_SECONDS} s")
        return False

    def look_until(self, look: Callable[[], bool], *, patience: float) -> bool:
        """Look, as at a page that moves by itself, until it shows what is waited for; whether it came to that."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not self.given_up.is_set():
            if steady(look):
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def until_seen(self, what: str, look: Callable[[], bool], *, who: str, patience: float) -> bool:
        """The same, where it must come to that."""
        seen = self.look_until(look, patience=patience)
        if not seen:
            self.note_wrong(f"{who}: {what}, not within {patience:.0f} s")
        return seen

    def note_wrong(self, words: str) -> None:
        with self.lock:
            self.wrong.append(words)

    def note_trouble(self, words: str) -> None:
        with self.lock:
            self.troubles[words] += 1
