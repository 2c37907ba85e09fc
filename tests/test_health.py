"""Signs of life, and what is said of the engine: a plain sentence for each thing that can be wrong."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from numbers_app import calls, health, pulse
from numbers_app.calls import Ledger
from numbers_app.health import Engine
from numbers_app.leadconnector.transport import Call
from numbers_app.models import Answer, CallTally, Heartbeat, Location, Role, Status
from numbers_app.pulse import Pulse
from tests.admin.conftest import static_root
from tests.conftest import NOBODY
from tests.factories import make_attempt, make_location, make_purchase, make_user
from tests.purchasing.conftest import Clock, clock
from tests.waiting import wait_until

__all__ = ["clock", "static_root"]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def running(**changes: Any) -> Engine:
    """An engine of which nothing is wrong, but for the changes."""
    well: dict[str, Any] = {
        "now": NOON,
        "broker_answers": True,
        "workers": 2,
        "worker_seen": ago(3),
        "beats": 1,
        "beat_seen": ago(3),
        "round_at": ago(15),
        "queued": 0,
        "under_way": 0,
        "oldest_due": None,
        "sent_at": None,
    }
    return Engine(**{**well, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"round_at": None}, []),  # the first has not come yet
        ({"oldest_due": ago(600), "sent_at": ago(5)}, []),  # many wait, and all goes as fast as it may
        ({"oldest_due": ago(60)}, []),
        (
            {"workers": 0, "worker_seen": ago(130)},
            ["No worker has been seen for 2 minutes: purchases wait."],
        ),
        ({"workers": 0, "worker_seen": ago(50)}, ["No worker has been seen for 50 seconds: purchases wait."]),
        ({"workers": 0, "worker_seen": ago(1)}, ["No worker has been seen for 1 second: purchases wait."]),
        ({"workers": 0, "worker_seen": None}, ["No worker has been seen yet: purchases wait."]),
        (
            {"beats": 0, "beat_seen": ago(3700)},
            ["The timer (beat) has not been seen for 1 hour: what waits for a second try is not sent."],
        ),
        (
            {"beats": 0, "beat_seen": None},
            ["The timer (beat) has not been seen yet: what waits for a second try is not sent."],
        ),
        (
            {"broker_answers": False},
            ["The broker (Redis) can’t be reached: what is asked for now waits until it is back."],
        ),
        ({"round_at": ago(300)}, ["What the timer asks for has not been done for 5 minutes."]),
        # What follows from a part that is missing is not told besides.
        ({"round_at": ago(300), "workers": 0}, ["No worker has been seen for 3 seconds: purchases wait."]),
        (
            {"oldest_due": ago(400), "sent_at": ago(500)},
            ["The oldest purchase has been due for 6 minutes, and nothing is being sent."],
        ),
        ({"oldest_due": ago(400)}, ["The oldest purchase has been due for 6 minutes, and nothing is being sent."]),
    ],
)
def test_each_thing_that_is_wrong_has_its_sentence(changes: dict[str, Any], said: list[str]) -> None:
    troubles = running(**changes).troubles()

    assert [trouble.words for trouble in troubles] == said
    assert all(trouble.advice for trouble in troubles)


def beat(role: Role = Role.WORKER, *, seconds: float = 0, **columns: Any) -> Heartbeat:
    at = timezone.now() - timedelta(seconds=seconds)
    name = f"{role}-{Heartbeat.objects.count()}"
    return Heartbeat.objects.create(name=name, role=role, since=at, at=at, **columns)


@pytest.mark.django_db
def test_who_was_silent_for_long_or_has_stopped_is_not_alive() -> None:
    beat(seconds=3)
    beat(seconds=30)
    beat(seconds=90)
    beat(seconds=2, stopped_at=timezone.now())
    last = beat(Role.BEAT, seconds=200)

    found = health.engine(make_user(is_superuser=True))

    assert (found.workers, found.beats) == (2, 0)
    assert found.beat_seen == last.at


@pytest.mark.django_db
def test_queue_is_that_of_the_locations_that_one_sees() -> None:
    mine, other = make_location(), make_location("aa4PBpxnPc9bs4LSdiW7")
    now = timezone.now()
    make_purchase("+18305550101", location=mine, next_action_at=now - timedelta(seconds=100))
    make_purchase("+18305550102", location=mine, status=Status.UNCERTAIN, next_action_at=now + timedelta(hours=1))
    make_purchase("+18305550103", location=other, next_action_at=now - timedelta(seconds=900))
    user = make_user()
    mine.users.add(user)

    own, every = health.engine(user), health.engine(make_user(is_superuser=True))

    assert (own.queued, own.under_way, every.queued) == (1, 1, 2)
    assert own.oldest_wait
    assert every.oldest_wait
    assert round(own.oldest_wait.total_seconds(), -1) == 100
    assert round(every.oldest_wait.total_seconds(), -1) == 900


@pytest.mark.django_db
def test_queue_that_was_stopped_is_no_trouble_of_the_engines() -> None:
    place = make_location()
    make_purchase(location=place, next_action_at=timezone.now() - timedelta(hours=1))
    Location.objects.update(paused_at=timezone.now())

    assert health.engine(make_user(is_superuser=True)).oldest_due is None


@pytest.mark.django_db
def test_engine_is_stuck_only_while_nothing_is_sent() -> None:
    beat()
    beat(Role.BEAT)
    purchase = make_purchase(next_action_at=timezone.now() - timedelta(hours=1))
    root = make_user(is_superuser=True)
    before = health.engine(root).is_stuck()

    make_attempt(purchase, answer=Answer.NOT_SENT)

    assert (before, health.engine(root).is_stuck()) == (True, False)


@pytest.mark.django_db
def test_running_broker_is_seen(broker: str, settings: Any) -> None:
    root = make_user(is_superuser=True)
    settings.REDIS_URL = NOBODY
    away = health.engine(root).broker_answers
    settings.REDIS_URL = broker

    assert (away, health.engine(root).broker_answers) == (False, True)


@pytest.mark.django_db
@pytest.mark.parametrize("well", [True, False])
def test_first_page_says_how_the_engine_is(well: bool, broker: str) -> None:
    if well:
        beat()
        beat(Role.BEAT)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    shown = client.get("/admin/").content.decode()

    assert ("All parts are running, and nothing waits for longer than it should." in shown) == well
    assert shown.count("No worker has been seen yet: purchases wait.") == (0 if well else 2)  # above, and in its place
    assert ("Nothing waits for you." in shown) == well


@pytest.mark.django_db
def test_first_page_shows_the_providers_hours() -> None:
    ledger = Ledger()
    for status in (200, 200, 500, 429):
        ledger.note(Call(method="GET", path="/locations/x", seconds=0.21, status=status))
    ledger.write(process="here")
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    shown = client.get("/admin/").content.decode()

    assert "4 calls in the last 24 hours: 1 without a good answer, 1 over the limit." in shown
    assert "<td>4</td><td>1</td><td>1</td><td>0</td>" in shown
    assert shown.count('<svg class="chart-drawing"') == 2


# ── Signs of life


@pytest.mark.django_db
def test_sign_of_life_is_one_row_that_is_renewed(clock: Clock) -> None:
    one = Pulse(Role.WORKER)
    one.beat()
    first = Heartbeat.objects.get()

    clock.shift(10)
    one.beat()

    again = Heartbeat.objects.get()
    assert (again.pk, again.role, again.since) == (first.pk, Role.WORKER, first.since)
    assert (again.at - first.at).total_seconds() >= 10


@pytest.mark.django_db
def test_sign_of_life_takes_the_calls_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "ledger", Ledger())
    calls.ledger.note(Call(method="GET", path="/locations/x", seconds=0.1, status=200))

    Pulse(Role.WEB).beat()

    assert CallTally.objects.get().process == Heartbeat.objects.get().name


@pytest.mark.django_db(transaction=True)
def test_process_lives_until_it_says_that_it_ends() -> None:
    one = Pulse(Role.WORKER, seconds=0.02)
    one.start()
    wait_until(Heartbeat.objects.exists, what="the first sign of life")
    first = Heartbeat.objects.get().at
    wait_until(lambda: Heartbeat.objects.get().at > first, what="another one")

    one.stop()

    assert Heartbeat.objects.get().stopped_at
    assert health.engine(make_user(is_superuser=True)).workers == 0


@pytest.mark.django_db(transaction=True)
def test_database_that_is_away_for_a_while_does_not_end_the_signs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    problems: list[Exception] = [OperationalError("The database is away."), RuntimeError("A bug.")]
    beat_once = Pulse.beat

    def sometimes(self: Pulse, *, ended: bool = False) -> None:
        if problems:
            raise problems.pop(0)
        beat_once(self, ended=ended)

    monkeypatch.setattr(Pulse, "beat", sometimes)
    one = Pulse(Role.BEAT, seconds=0.02)
    with caplog.at_level(logging.WARNING):
        one.start()
        wait_until(Heartbeat.objects.exists, what="a sign of life after all")
        one.stop()

    assert "No sign of life could be written" in caplog.text
    assert "A bug, while a sign of life was written" in caplog.text


@pytest.mark.django_db
def test_old_signs_of_life_are_pruned() -> None:
    beat(seconds=8 * 86400)
    kept = beat(seconds=6 * 86400)

    pulse.prune()

    assert list(Heartbeat.objects.all()) == [kept]
