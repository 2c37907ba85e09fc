"""The engine with real parts around it: a sandbox over HTTP, messages in memory, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.utils import timezone

from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions
from numbers_app.models import TIMED, Location, Purchase
from numbers_app.purchasing.dispatch import sweep
from tests.conftest import new_budget
from tests.fakes import Mailbox


@pytest.fixture
def start_sandbox(settings: Any) -> Iterator[Callable[..., Sandbox]]:
    """Starts a sandbox that waits no longer than a test can bear, and points the desk at it."""
    with ExitStack() as stack:

        def start(**changes: Any) -> Sandbox:
            quick = {"list_lag_seconds": 5.0, "hang_seconds": 0.05, "slow_seconds": 0.05, "limits": False}
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{**quick, **changes})))
            settings.LEADCONNECTOR_BASE_URL = sandbox.url
            settings.LEADCONNECTOR_TIMEOUT_SECONDS = 5
            return sandbox

        yield start


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return start_sandbox()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A broker in memory instead of the configured one."""
    before = {name: current_app.conf.get(name) for name in ("broker_url", "broker_read_url", "broker_write_url")}
    box = Mailbox(current_app)
    yield box
    box.take()
    box.connect(before)


@dataclass
class Clock:
    """The time of day, as far as Python knows it.

    Redis has a clock of its own, which can't be moved: what it counts begins anew instead.
    """

    traveller: time_machine.Traveller
    settings: Any

    def shift(self, seconds: float) -> None:
        self.traveller.shift(seconds)
        self.settings.BUDGET_NAME = new_budget()

    def move_to(self, moment: datetime) -> None:
        """Never back."""
        self.shift(max((moment - timezone.now()).total_seconds(), 0))


@pytest.fixture
def clock(settings: Any) -> Iterator[Clock]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield Clock(traveller, settings)


@dataclass
class Desk:
    """Beat and worker in one: sweeps, and does at once what the messages ask for."""

    mailbox: Mailbox
    clock: Clock

    def turn(self) -> None:
        sweep()
        self.mailbox.work()

    def wait_for(self, *purchases: Purchase) -> None:
        """Move the clock to where something is due for each of the purchases, and do what is due then."""
        for purchase in purchases:
            purchase.refresh_from_db()
        due = [purchase.next_action_at for purchase in purchases if purchase.next_action_at]
        assert due, f"nothing is due for {purchases}"
        self.clock.move_to(max(due) + timedelta(milliseconds=1))
        self.turn()
        for purchase in purchases:
            purchase.refresh_from_db()

    def settle(self, *purchases: Purchase, rounds: int = 60) -> None:
        """Go on until nothing is due for any of the purchases, or their locations' queues are stopped."""
        for _ in range(rounds):
            for purchase in purchases:
                purchase.refresh_from_db()
            waiting = [purchase for purchase in purchases if purchase.status in TIMED]
            stopped = set(Location.objects.filter(paused_at__isnull=False).values_list("pk", flat=True))
            if all(purchase.location_id in stopped for purchase in waiting):
                return
            self.wait_for(*waiting)
        pytest.fail(f"not settled: {[(str(purchase), purchase.status, purchase.reason) for purchase in waiting]}")


@pytest.fixture
def desk(mailbox: Mailbox, clock: Clock) -> Desk:
    return Desk(mailbox=mailbox, clock=clock)
