"""Celery's way in: ids in, one call."""

from celery import shared_task

from numbers_app import syncing
from numbers_app.purchasing import dispatch, reconciliation, submission


@shared_task(name=dispatch.SUBMIT)
def submit_purchase(purchase_id: int) -> None:
    submission.submit(purchase_id)


@shared_task(name=dispatch.LOOK_UP)
def look_up_purchase(purchase_id: int) -> None:
    reconciliation.look_up(purchase_id)


@shared_task(name="numbers_app.sweep")
def sweep() -> None:
    dispatch.sweep()


@shared_task(name="numbers_app.sync_location")
def sync_location(location_pk: int) -> None:
    syncing.sync_location(location_pk)


@shared_task(name="numbers_app.sync_locations")
def sync_locations() -> None:
    syncing.sync_locations()
