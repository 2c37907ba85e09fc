"""What became known of a purchase each time that it was looked for on the provider's list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.choices import LookUpResult
from numbers_app.models.history import HistoryQuerySet, UnchangingModel
from numbers_app.models.purchase import Purchase


class PurchaseLookUpQuerySet(HistoryQuerySet["PurchaseLookUp"]):
    location_path = "purchase__location"


class PurchaseLookUp(UnchangingModel):
    """One read of the list for a purchase whose outcome was unknown; one read may serve several. Never changed."""

    purchase = models.ForeignKey(
        Purchase, verbose_name=_("purchase"), on_delete=models.PROTECT, related_name="look_ups"
    )
    at = models.DateTimeField(_("when"))
    """When the read began: what it shows is no younger."""
    duration_ms = models.PositiveIntegerField(_("duration, ms"), null=True, blank=True)
    result = models.CharField(_("what the list showed"), max_length=16, choices=LookUpResult)
    listed = models.PositiveIntegerField(_("numbers on the list"), null=True, blank=True)
    """How many numbers of the location the list had; empty where it could not be read to its end."""
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    words = models.CharField(_("what was said"), max_length=2048, blank=True)
    """Why it could not be read: the provider's words where it said something."""
    trace_id = models.CharField(_("trace ID"), max_length=200, blank=True)

    objects = PurchaseLookUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("look-up")
        verbose_name_plural = _("look-ups")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(result__in=LookUpResult.values), name="look_up_result_is_known"),
            models.CheckConstraint(
                condition=Q(result=LookUpResult.UNREADABLE, listed__isnull=True)
                | (~Q(result=LookUpResult.UNREADABLE) & Q(listed__isnull=False)),
                name="look_up_counted_exactly_when_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id}: {self.result}"
