"""Reads the provider's books into the mirror: the agency's locations, and each location's numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from numbers_app.inventory import merge_active_numbers, merge_location
from numbers_app.leadconnector.errors import LeadConnectorError
from numbers_app.models import Location
from numbers_app.provider import NoToken, agency_client, client_for
from numbers_app.purchasing.reconciliation import settle_listed


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """What one location's sync found; ``error`` is empty when it went well."""

    location: Location
    numbers: int = 0
    gone: int = 0
    error: str = ""


def sync_locations() -> int:
    """Add and update every location of the agency; returns how many. Raises `LeadConnectorError` or `NoToken`."""
    seen_at = timezone.now()
    records = agency_client().list_locations(settings.LEADCONNECTOR_COMPANY_ID)
    for record in records:
        merge_location(record=record, seen_at=seen_at)
    return len(records)


def sync_location(location_pk: int) -> SyncResult:
    """Read one location's record and all its active numbers; an error is kept on the location and returned."""
    location = Location.objects.get(pk=location_pk)
    try:
        client = client_for(location)
        record = client.get_location(location.location_id)
        listed = client.list_active(location.location_id)
    except (LeadConnectorError, NoToken) as error:
        Location.objects.filter(pk=location.pk).update(sync_error=str(error))
        return SyncResult(location=location, error=str(error))
    location = merge_location(record=record, seen_at=listed.read_started_at)
    gone = merge_active_numbers(location=location, listed=listed)
    settle_listed(location=location, listed=listed)
    return SyncResult(location=location, numbers=len(listed.numbers), gone=gone)
