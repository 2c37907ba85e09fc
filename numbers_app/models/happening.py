"""What happens to locations and their numbers besides purchases: written down once, never changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from numbers_app.models.account import PhoneNumber
from numbers_app.models.choices import Happening
from numbers_app.models.history import HistoryModel, HistoryQuerySet
from numbers_app.models.location import Location


class LocationEventQuerySet(HistoryQuerySet["LocationEvent"]):
    pass


class LocationEvent(HistoryModel):
    """A queue that was stopped or resumed, a number that somebody took note of: who or what, when and why."""

    location = models.ForeignKey(Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="events")
    phone_number = models.ForeignKey(
        PhoneNumber, verbose_name=_("number"), on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    what = models.CharField(_("what"), max_length=20, choices=Happening)

    objects = LocationEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("location's event")
        verbose_name_plural = _("locations' events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.location_id}: {self.what}"
