"""The hands of a worker's process: threads that POST, and one that writes down what came of it.

A Celery task hands its purchases over and is done; a POST that hangs holds one pair of hands and nobody else. Purchases
are claimed together, when there are hands for them or soon will be. What is answered within a moment is written
together: alone on an idle desk, by the dozen under load. If the process dies, what it had claimed is uncertain when its
lease runs out.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued, send

logger = logging.getLogger(__name__)

MOST_TOGETHER = 64  # outcomes in one transaction
TOGETHER_SECONDS = 0.05  # how long a first answer waits for others that are under way
CROWD = 3  # batches that wait for hands
RETRY_SECONDS = 0.5

Recorder = Callable[[Sequence[Outcome]], None]


class Crew:
    """As many POSTs at a time as it has hands; ``ahead`` more may be claimed, so that no hand waits for a claim."""

    def __init__(self, hands: int, *, ahead: int = 0, record: Recorder = record) -> None:
        self._record = record
        self._changed = threading.Condition()
        self._free = hands + ahead
        self._waiting = 0
        self._unwritten = 0
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._posters = ThreadPoolExecutor(hands, thread_name_prefix="post")
        threading.Thread(target=self._write, name="writer", daemon=True).start()

    def submit(self, purchase_ids: Sequence[int]) -> None:
        """Claim the purchases as hands become free, and let them be sent; returns when all are in hands."""
        rest = list(purchase_ids)
        while rest:
            some, rest = rest[: settings.PURCHASE_BATCH], rest[settings.PURCHASE_BATCH :]
            self._reserve(len(some))
            in_hands = 0
            try:
                for claim in claim_queued(some):
                    self._posters.submit(self._post, claim)  # raises where the process ends already
                    in_hands += 1
            finally:
                self._release(len(some) - in_hands)

    @property
    def is_crowded(self) -> bool:
        """Whether enough waits for hands already: more would only leave the queue's order."""
        return self._waiting >= CROWD

    def drain(self) -> None:
        """Wait until all that was handed over is written down."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unwritten)

    def _reserve(self, wanted: int) -> None:
        """Wait until so many more may be claimed."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._free >= wanted)
            self._waiting -= 1
            self._free -= wanted
            self._unwritten += wanted

    def _release(self, unused: int) -> None:
        with self._changed:
            self._free += unused
            self._unwritten -= unused
            self._changed.notify_all()

    def _post(self, claim: Claim) -> None:
        try:
            outcome = send(claim)
        except Exception:
            # Whether it was bought is not known; the lease runs out, and the list will tell.
            logger.exception("A bug, while %s was being sent", claim.purchase)
            self._release(1)
            return
        self._outcomes.put(outcome)
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def _write(self) -> None:
        while True:
            outcomes = self._next_outcomes()
            self._write_together(outcomes)
            with self._changed:
                self._unwritten -= len(outcomes)
                self._changed.notify_all()

    def _next_outcomes(self) -> list[Outcome]:
        """What is answered, and what is answered within a moment, if anything else is under way at all."""
        outcomes = [self._outcomes.get()]
        until = time.monotonic() + TOGETHER_SECONDS
        while len(outcomes) < min(MOST_TOGETHER, self._unwritten):
            try:
                outcomes.append(self._outcomes.get(timeout=max(until - time.monotonic(), 0)))
            except Empty:
                break
        return outcomes

    def _write_together(self, outcomes: Sequence[Outcome]) -> None:
        """One that can't be written must not take the others with it."""
        try:
            persist(partial(self._record, outcomes))
        except (OperationalError, InterfaceError):
            # The leases have run out, and the list will tell.
            logger.exception("The database stayed away; %d outcomes could not be written down", len(outcomes))
        except Exception:
            if len(outcomes) == 1:
                # The lease runs out, and the list will tell.
                logger.exception("What came of %s could not be written down", outcomes[0].claim.purchase)
                return
            logger.exception("%d outcomes could not be written together; each is written alone", len(outcomes))
            for outcome in outcomes:
                self._write_together([outcome])


def persist(write: Callable[[], None]) -> None:
    """Write, and again while the database is away, for as long as a lease lasts: a good reply is worth waiting."""
    deadline = time.monotonic() + settings.PURCHASE_LEASE_SECONDS
    while True:
        try:
            write()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("The database is away (%s); what was answered is written when it is back", error)
        else:
            return
        finally:
            connection.close()  # back to the pool
        time.sleep(RETRY_SECONDS)


class Hired:
    """This process's own crew; None until there is work."""

    crew: Crew | None = None
    lock = threading.Lock()


def crew() -> Crew:
    """This process's own, made when it is first used: one, however many tasks are the first."""
    with Hired.lock:
        if Hired.crew is None:
            Hired.crew = Crew(settings.PURCHASE_IN_FLIGHT, ahead=2 * settings.PURCHASE_BATCH)
            atexit.register(Hired.crew.drain)  # where Celery stumbles over its own end, nothing else would wait
        return Hired.crew
