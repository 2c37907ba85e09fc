"""The hands of a worker's process: threads that POST, and one that writes down what came of it.

A Celery task hands its purchases over and is done; a POST that hangs holds one pair of hands and nobody else. A
purchase is claimed only when there are hands for it. What was answered while the writer was writing is written
together: alone on an idle desk, by the dozen under load. If the process dies, what it had claimed is uncertain when its
lease runs out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from numbers_app.purchasing.recording import record
from numbers_app.purchasing.submission import Claim, Outcome, claim_queued, send

logger = logging.getLogger(__name__)

MOST_TOGETHER = 64  # outcomes in one transaction
RETRY_SECONDS = 0.5

Recorder = Callable[[Sequence[Outcome]], None]


class Crew:
    """As many POSTs at a time as it has hands."""

    def __init__(self, hands: int, *, record: Recorder = record) -> None:
        self._record = record
        self._changed = threading.Condition()
        self._free = hands
        self._unwritten = 0
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._posters = ThreadPoolExecutor(hands, thread_name_prefix="post")
        threading.Thread(target=self._write, name="writer", daemon=True).start()

    def submit(self, purchase_ids: Sequence[int]) -> None:
        """Claim the purchases as hands become free, and let them be sent; returns when all are in hands."""
        rest = list(purchase_ids)
        while rest:
            hands = self._reserve(len(rest))
            some, rest = rest[:hands], rest[hands:]
            claims: list[Claim] = []
            try:
                claims = claim_queued(some)
            finally:
                self._release(hands - len(claims))
            for claim in claims:
                self._posters.submit(self._post, claim)

    def drain(self) -> None:
        """Wait until all that was handed over is written down."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unwritten)

    def _reserve(self, wanted: int) -> int:
        """Wait for a pair of hands; more of them are taken as far as they are free."""
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            hands = min(self._free, wanted)
            self._free -= hands
            self._unwritten += hands
            return hands

    def _release(self, hands: int) -> None:
        with self._changed:
            self._free += hands
            self._unwritten -= hands
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
            outcomes = [self._outcomes.get()]
            try:
                while len(outcomes) < MOST_TOGETHER:
                    outcomes.append(self._outcomes.get_nowait())
            except Empty:
                pass
            self._write_together(outcomes)
            with self._changed:
                self._unwritten -= len(outcomes)
                self._changed.notify_all()

    def _write_together(self, outcomes: Sequence[Outcome]) -> None:
        """One that can't be written must not take the others with it."""
        try:
            persist(partial(self._record, outcomes))
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
            connection.close()
            if time.monotonic() > deadline:
                raise
            logger.warning("The database is away (%s); what was answered is written when it is back", error)
            time.sleep(RETRY_SECONDS)
        else:
            connection.close()  # back to the pool
            return


@lru_cache(maxsize=1)
def crew() -> Crew:
    """This process's own, made when it is first used."""
    return Crew(settings.PURCHASE_IN_FLIGHT)
