"""Celery's way in: ids in, one call."""

from __future__ import annotations

import threading
from typing import Any

from celery import shared_task, signals
from django.conf import settings

from numbers_app import clock, syncing
from numbers_app.purchasing import dispatch, reconciliation
from numbers_app.purchasing.crew import crew

# A list that hangs holds a thread; purchases must not wait for one.
readers = threading.BoundedSemaphore(settings.READS_AT_ONCE)


@shared_task(name=dispatch.SUBMIT)
def submit_purchases(purchase_ids: list[int]) -> None:
    crew().submit(purchase_ids)


@shared_task(name=dispatch.LOOK_UP)
def look_up_purchase(purchase_id: int) -> None:
    """Where all readers are busy, the row falls due again."""
    if readers.acquire(blocking=False):
        try:
            reconciliation.look_up(purchase_id)
        finally:
            readers.release()


@shared_task(name=dispatch.SYNC)
def sync_location(location_pk: int) -> None:
    """Where all readers are busy, the location falls due again."""
    if readers.acquire(blocking=False):
        try:
            syncing.sync_location(location_pk)
        finally:
            readers.release()


@shared_task(name="numbers_app.sweep")
def sweep() -> None:
    dispatch.sweep(seconds=settings.SWEEP_SECONDS)


@shared_task(name="numbers_app.sync_locations")
def sync_locations() -> None:
    syncing.sync_locations()


@shared_task(name="numbers_app.sync_everything")
def sync_everything() -> None:
    syncing.sync_everything()


@signals.task_prerun.connect
def keep_the_clock_true(**kwargs: Any) -> None:
    clock.keep_true()


@signals.worker_shutdown.connect
def bring_posts_to_their_end(**kwargs: Any) -> None:
    """Celery has waited for its tasks; what they handed over may still be under way."""
    crew().drain()
