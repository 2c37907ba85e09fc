"""Celery's way in: ids in, one call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from celery import shared_task, signals
from django.conf import settings

from numbers_app import clock, mailing, pulse, syncing, tallies
from numbers_app.purchasing import adopting, advancing, dispatch, reconciliation
from numbers_app.purchasing.crew import crew

# Where the provider hangs, so do those who wait for it; the sweep must always find a thread.
givers = threading.BoundedSemaphore(settings.HAND_OVERS_AT_ONCE)
readers = threading.BoundedSemaphore(settings.READS_AT_ONCE)
advancers = threading.BoundedSemaphore(settings.ORDERS_AT_ONCE)
senders = threading.BoundedSemaphore(1)
counters = threading.BoundedSemaphore(1)
noters = threading.BoundedSemaphore(1)
sweepers = threading.BoundedSemaphore(2)  # one that ends, and the next


def within(places: threading.BoundedSemaphore, work: Callable[[], object]) -> bool:
    """Do the work if there is a place for it; whether there was. What is not done falls due again."""
    if not places.acquire(blocking=False):
        return False
    try:
        work()
    finally:
        places.release()
    return True


@shared_task(name=dispatch.SUBMIT)
def submit_purchases(purchase_ids: list[int]) -> None:
    if not within(givers, lambda: crew().submit(purchase_ids)):
        dispatch.leave_due(purchase_ids)


@shared_task(name=dispatch.LOOK_UP)
def look_up_purchase(purchase_id: int) -> None:
    within(readers, lambda: reconciliation.look_up(purchase_id))


@shared_task(name=dispatch.SYNC)
def sync_location(location_pk: int) -> None:
    within(readers, lambda: syncing.sync_location(location_pk))


@shared_task(name=dispatch.ADVANCE)
def advance_order(order_id: int) -> None:
    within(advancers, lambda: advancing.advance(order_id))


@shared_task(name="numbers_app.sweep")
def sweep() -> None:
    """No more at a time than there is work for: those that came late are not worth doing again."""
    within(sweepers, lambda: dispatch.sweep(seconds=settings.SWEEP_SECONDS, may_send=lambda: not crew().is_crowded))


@shared_task(name="numbers_app.sync_locations")
def sync_locations() -> None:
    within(readers, syncing.sync_locations)


@shared_task(name="numbers_app.sync_everything")
def sync_everything() -> None:
    syncing.sync_everything()


@shared_task(name="numbers_app.note_explained")
def note_explained() -> None:
    within(noters, adopting.note_explained)


@shared_task(name="numbers_app.send_mails")
def send_mails() -> None:
    within(senders, mailing.send_due)


@shared_task(name="numbers_app.count_up")
def count_up() -> None:
    within(counters, lambda: tallies.count_up(seconds=settings.COUNT_SECONDS))


@shared_task(name="numbers_app.count_everything")
def count_everything() -> None:
    tallies.count_everything()
    pulse.prune()


@signals.task_prerun.connect
def keep_the_clock_true(**kwargs: Any) -> None:
    clock.keep_true()


@signals.worker_shutdown.connect
def bring_posts_to_their_end(**kwargs: Any) -> None:
    """Celery has waited for its tasks; what they handed over may still be under way, and is the last to be counted."""
    crew().drain()
    pulse.stop()
