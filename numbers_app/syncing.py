"""Reads the provider's books into the mirror: the agency's locations, and each location's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from numbers_app import clock
from numbers_app.inventory import merge_active_numbers, merge_location
from numbers_app.leadconnector.errors import LeadConnectorError, NotSent
from numbers_app.models import Location
from numbers_app.provider import NoToken, agency_client, client_for
from numbers_app.purchasing.reconciliation import by_our_clock, settle_listed


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """What one location's sync found; ``error`` is empty when it went well."""

    location: Location
    numbers: int = 0
    gone: int = 0
    error: str = ""


def sync_locations() -> int:
    """Add and update every location of the agency; returns how many. Raises `LeadConnectorError` or `NoToken`."""
    seen_at = clock.now()
    records = agency_client().list_locations(settings.LEADCONNECTOR_COMPANY_ID)
    for record in records:
        merge_location(record=record, seen_at=seen_at)
    return len(records)


def sync_everything() -> int:
    """Let the numbers of every location be read, a few at a time, as the sweep and the request budget allow.

    What is to be read stands in the database, so a desk that is stopped half way goes on where it was.
    """
    return sync_soon(Location.objects.filter(sync_due_at__isnull=True))


def sync_soon(locations: QuerySet[Location]) -> int:
    """Let the numbers of these locations be read by the next sweeps; returns how many there are."""
    return locations.update(sync_due_at=clock.now())


def sync_location(location_pk: int) -> SyncResult:
    """Read one location's record and all its active numbers; an error is kept on the location and returned.

    After an error it falls due again: soon where it only had to wait for the request budget.
    """
    location = Location.objects.get(pk=location_pk)
    asked_for = location.sync_due_at
    try:
        client = client_for(location)
        record = client.get_location(location.location_id)
        listed = by_our_clock(client.list_active(location.location_id))
    except NotSent as error:
        return put_off(location, error, seconds=error.retry_after or settings.SYNC_RETRY_SECONDS)
    except (LeadConnectorError, NoToken) as error:
        return put_off(location, error, seconds=settings.SYNC_RETRY_SECONDS)
    location = merge_location(record=record, seen_at=listed.read_started_at)
    gone = merge_active_numbers(location=location, listed=listed)
    settle_listed(location=location, listed=listed)
    # What was asked for while the list was read is still to be done.
    Location.objects.filter(pk=location.pk, sync_due_at=asked_for).update(sync_due_at=None)
    return SyncResult(location=location, numbers=len(listed.numbers), gone=gone)


def put_off(location: Location, error: Exception, *, seconds: float) -> SyncResult:
    due_at = clock.now() + timedelta(seconds=min(seconds, settings.SYNC_RETRY_SECONDS))
    Location.objects.filter(pk=location.pk).update(sync_error=str(error), sync_due_at=due_at)
    return SyncResult(location=location, error=str(error))
