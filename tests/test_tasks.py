"""Celery's way in: every task is known by the name that is sent, and makes one call."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from numbers_app import tasks
from numbers_app.purchasing import dispatch

CALLS = {
    dispatch.LOOK_UP: (tasks.look_up_purchase, "reconciliation.look_up", (7,)),
    "numbers_app.sync_location": (tasks.sync_location, "syncing.sync_location", (7,)),
    "numbers_app.sync_locations": (tasks.sync_locations, "syncing.sync_locations", ()),
    dispatch.ADVANCE: (tasks.advance_order, "advancing.advance", (7,)),
    "numbers_app.send_mails": (tasks.send_mails, "mailing.send_due", ()),
    "numbers_app.note_explained": (tasks.note_explained, "adopting.note_explained", ()),
    "numbers_app.sync_everything": (tasks.sync_everything, "syncing.sync_everything", ()),
}
# They make more of it, and are tested with what they do.
OTHERS = {dispatch.SUBMIT, "numbers_app.sweep", "numbers_app.count_up", "numbers_app.count_everything"}


@pytest.mark.parametrize("name", CALLS)
def test_task_makes_one_call_with_what_it_was_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task, function, arguments = CALLS[name]
    calls: list[Any] = []
    monkeypatch.setattr(f"numbers_app.tasks.{function}", lambda *given: calls.append(given))

    task(*arguments)

    assert task.name == name
    assert calls == [arguments]


@pytest.mark.parametrize(
    ("task", "places", "function"),
    [
        (tasks.submit_purchases, tasks.givers, "numbers_app.tasks.crew"),
        (tasks.look_up_purchase, tasks.readers, "numbers_app.purchasing.reconciliation.look_up"),
        (tasks.sync_location, tasks.readers, "numbers_app.syncing.sync_location"),
    ],
)
def test_task_without_a_place_leaves_its_rows_to_fall_due_again(
    task: Any, places: Any, function: str, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(function, lambda *given: calls.append(given))
    taken = 0
    while places.acquire(blocking=False):
        taken += 1

    try:
        task([7])
    finally:
        places.release(taken)

    assert taken > 1
    assert calls == []


def test_waiting_tasks_leave_a_thread_to_the_sweep() -> None:
    waiting = settings.HAND_OVERS_AT_ONCE + settings.READS_AT_ONCE + settings.ORDERS_AT_ONCE
    mails, counting, noting, sweeps = 1, 1, 1, 2

    assert waiting + mails + counting + noting + sweeps <= settings.CELERY_WORKER_CONCURRENCY


def test_every_task_of_ours_is_listed_here() -> None:
    current_app.loader.import_default_modules()

    assert {name for name in current_app.tasks if name.startswith("numbers_app.")} == {*CALLS, *OTHERS}


def test_beat_sends_only_tasks_that_exist() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= {*CALLS, *OTHERS}


def test_waits_nest() -> None:
    http = settings.LEADCONNECTOR_CONNECT_TIMEOUT_SECONDS + settings.LEADCONNECTOR_TIMEOUT_SECONDS
    waits = [
        http,
        settings.PURCHASE_LEASE_SECONDS,
        settings.CELERY_TASK_SOFT_TIME_LIMIT,
        settings.CELERY_TASK_TIME_LIMIT,
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"],
    ]

    assert waits == sorted(set(waits))
