"""Stops and resumes the queue of a location: while its token is refused, nothing is sent for it.

Its purchases stay queued, untouched. What is under way or uncertain goes on: looking costs nothing.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from numbers_app import clock
from numbers_app.models import Happening, Location, LocationEvent, Purchase, Status
from numbers_app.models.storing import storable_text


@transaction.atomic
def pause_location(location_pk: int, *, because: str) -> bool:
    """Stop the location's queue with a reason, and write the event; False where it was stopped already."""
    now = clock.now()
    because = storable_text(because)
    if not Location.objects.filter(pk=location_pk, paused_at__isnull=True).update(
        paused_at=now, paused_because=because
    ):
        return False
    LocationEvent.objects.create(location_id=location_pk, at=now, what=Happening.PAUSED, because=because)
    return True


@transaction.atomic
def resume_location(location_pk: int, *, because: str, actor: Any) -> bool:
    """Let the location's queue go on, with what waits in it due at once; False where it was not stopped.

    A purchase that waits because the provider asked for it goes on waiting.
    """
    now = clock.now()
    stopped = Location.objects.filter(pk=location_pk, paused_at__isnull=False)
    if not stopped.update(paused_at=None, paused_because=""):
        return False
    LocationEvent.objects.create(
        location_id=location_pk, at=now, what=Happening.RESUMED, because=storable_text(because), actor=actor
    )
    waiting = Purchase.objects.filter(location=location_pk)
    waiting.filter(status=Status.QUEUED).exclude(not_before__gt=now).update(next_action_at=now)
    waiting.filter(status=Status.UNCERTAIN).update(next_action_at=now)
    return True
