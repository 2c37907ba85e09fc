"""Purchases go by the database's clock, wherever the process's own one stands."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from numbers_app import clock
from numbers_app.clock import MEASURE_EVERY_SECONDS, Difference
from numbers_app.leadconnector.sandbox import Sandbox, SandboxOptions, number_for
from numbers_app.models import Purchase, Status
from numbers_app.purchasing.submission import ready
from tests.factories import make_purchase
from tests.purchasing.inline import submit

pytestmark = pytest.mark.django_db

IS_POSTGRESQL = "postgresql" in project.DATABASES["default"]["ENGINE"]
ON_POSTGRESQL = pytest.mark.skipif(not IS_POSTGRESQL, reason="only a server has a clock of its own")
ON_SQLITE = pytest.mark.skipif(IS_POSTGRESQL, reason="the database is a server with a clock of its own")
OFF = [timedelta(minutes=1), -timedelta(minutes=1), timedelta(days=400)]


@pytest.fixture(autouse=True)
def _nothing_measured_yet() -> Iterator[None]:
    Difference.value, Difference.measured_at = timedelta(), None
    yield
    Difference.value, Difference.measured_at = timedelta(), None


def databases_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


@ON_POSTGRESQL
@pytest.mark.parametrize("off", OFF)
def test_clock_that_is_off_is_corrected_by_the_databases(off: timedelta, caplog: pytest.LogCaptureFixture) -> None:
    with time_machine.travel(datetime.now(UTC) + off, tick=True):
        before = clock.now()
        clock.keep_true()
        after, moment, theirs = clock.now(), clock.correct(timezone.now()), databases_time()

    assert abs(before - theirs) > timedelta(seconds=50)
    assert abs(after - theirs) < timedelta(seconds=1)
    assert abs(moment - theirs) < timedelta(seconds=1)
    assert "This machine's clock is off" in caplog.text


@ON_POSTGRESQL
def test_clock_that_is_right_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    clock.keep_true()

    assert abs(clock.now() - databases_time()) < timedelta(seconds=1)
    assert caplog.text == ""


@ON_POSTGRESQL
def test_worker_whose_clock_is_off_buys_by_the_databases_time(settings: Any) -> None:
    purchase = make_purchase(number_for("success"))

    with Sandbox(SandboxOptions(limits=False)) as sandbox:
        settings.LEADCONNECTOR_BASE_URL = sandbox.url
        with time_machine.travel(datetime.now(UTC) - timedelta(minutes=5), tick=True):
            clock.keep_true()
            submit(purchase.pk)

    purchase.refresh_from_db()
    now = databases_time()
    assert purchase.status == Status.PURCHASED
    attempt = purchase.attempts.get()
    moments = [
        attempt.started_at,
        attempt.finished_at,
        purchase.finished_at,
        purchase.location.phone_numbers.get().synced_at,
    ]
    assert all(moment is not None and abs(now - moment) < timedelta(minutes=1) for moment in moments)


@ON_SQLITE
def test_sqlite_goes_by_the_machines_own_clock() -> None:
    with (
        time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True),
        CaptureQueriesContext(connection) as q,
    ):
        clock.keep_true()
        difference = clock.now() - timezone.now()

    assert len(q) == 0
    assert abs(difference) < timedelta(milliseconds=100)
    assert (Difference.value, Difference.measured_at) == (timedelta(), None)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each measurement, on whatever database."""
    done: list[str] = []

    def measure() -> None:
        done.append("measured")
        Difference.measured_at = clock.time.monotonic()

    monkeypatch.setattr(clock, "connection", SimpleNamespace(vendor="postgresql"))
    monkeypatch.setattr(clock, "measure", measure)
    return done


def test_clock_is_measured_once_a_minute_at_the_most(measured: list[str]) -> None:
    for _ in range(5):
        clock.keep_true()
    at_first = len(measured)
    assert Difference.measured_at is not None
    Difference.measured_at -= MEASURE_EVERY_SECONDS

    for _ in range(5):
        clock.keep_true()

    assert (MEASURE_EVERY_SECONDS, at_first, len(measured)) == (60, 1, 2)


@ON_POSTGRESQL
def test_measuring_costs_one_query_a_minute() -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            clock.keep_true()

    assert len(queries) == 1


@pytest.mark.parametrize("error", [OperationalError("the server is away"), InterfaceError("the connection is closed")])
def test_database_that_is_away_is_only_a_warning(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    Difference.value = timedelta(seconds=3)
    monkeypatch.setattr(clock, "connection", SimpleNamespace(vendor="postgresql"))
    monkeypatch.setattr(clock, "measure", fail)

    clock.keep_true()

    [said] = caplog.records
    assert (said.levelno, "could not be read" in said.getMessage()) == (logging.WARNING, True)
    assert Difference.value == timedelta(seconds=3)


def test_purchase_is_due_by_the_databases_clock() -> None:
    soon = timezone.now() + timedelta(seconds=30)
    make_purchase(next_action_at=soon, not_before=soon)

    early = ready().exists()
    Difference.value = timedelta(minutes=1)  # this process's clock is a minute behind

    assert (early, ready().exists()) == (False, True)
    assert Purchase.objects.get().status == Status.QUEUED
