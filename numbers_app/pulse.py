"""A process's sign of life: a thread that says every few seconds that it is there, and writes down what it counted.

Whatever is wrong with the database, the thread goes on, and says so in the log; the process's own work never waits
for it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta

from django.db import Error, connection

from numbers_app import calls, clock
from numbers_app.models import CallTally, Heartbeat, Role

BEAT_SECONDS = 5.0
HEARTBEATS_KEPT = timedelta(days=7)
CALLS_KEPT = timedelta(days=30)

logger = logging.getLogger(__name__)


class Pulse:
    """One process's; `stop` is for a process that ends in order."""

    def __init__(self, role: Role, *, seconds: float = BEAT_SECONDS) -> None:
        self._role = role
        self._seconds = seconds
        self._since = clock.now()
        # A process id may come again, so the time of the start belongs to the name.
        self._name = f"{role.value}@{socket.gethostname()[:100]}:{os.getpid()}:{self._since:%Y%m%d%H%M%S%f}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say that the process ends, and write down the last of what it counted."""
        self._ended.set()
        self._thread.join(self._seconds)
        self._say(ended=True)

    def _run(self) -> None:
        while True:
            self._say(ended=False)
            if self._ended.wait(self._seconds):
                return

    def _say(self, *, ended: bool) -> None:
        try:
            clock.keep_true()
            self.beat(ended=ended)
        except Error as error:
            logger.warning("No sign of life could be written (%s); the next one follows", error)
        except Exception:
            logger.exception("A bug, while a sign of life was written")
        finally:
            connection.close()  # back to the pool

    def beat(self, *, ended: bool = False) -> None:
        """One sign of life."""
        now = clock.now()
        row = Heartbeat(name=self._name, role=self._role, since=self._since, at=now, stopped_at=now if ended else None)
        Heartbeat.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["name"], update_fields=["at", "stopped_at"]
        )
        calls.ledger.write(process=self._name)


class Running:
    """This process's pulse; None where it has none: commands and tests."""

    pulse: Pulse | None = None


def start(role: Role) -> None:
    """Let this process say that it lives."""
    Running.pulse = Pulse(role)
    Running.pulse.start()


def stop() -> None:
    """Let it say that it ends."""
    if Running.pulse:
        Running.pulse.stop()
        Running.pulse = None


def prune() -> None:
    """Forget what nobody asks for any more."""
    now = clock.now()
    Heartbeat.objects.filter(at__lt=now - HEARTBEATS_KEPT).delete()
    CallTally.objects.filter(hour__lt=now - CALLS_KEPT).delete()
