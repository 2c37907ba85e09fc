"""Locations: the agency's sub-accounts."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.scoping import VisibleQuerySet

location_id_validator = RegexValidator(
    r"^[A-Za-z0-9_-]{6,64}$",
    _("A location ID has 6 to 64 letters and digits, such as ve9EPM428h8vShlRW1KT."),
)


class Tag(models.Model):
    """A word that an agency sorts its locations by."""

    name = models.CharField(_("name"), max_length=50, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LocationQuerySet(VisibleQuerySet["Location"]):
    location_path = ""


class Location(models.Model):
    """A sub-account, mirrored from the provider or added by hand."""

    location_id = models.CharField(
        _("location ID"),
        max_length=64,
        unique=True,
        validators=[location_id_validator],
        help_text=_("The provider's ID of the sub-account, as in its address bar: /location/…"),
    )
    name = models.CharField(_("name"), max_length=200)
    company_id = models.CharField(_("company ID"), max_length=64, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("users"),
        related_name="assigned_locations",
        blank=True,
        help_text=_("Who sees this location and buys for it. Superusers see every location."),
    )
    tags = models.ManyToManyField(
        Tag,
        verbose_name=_("tags"),
        related_name="locations",
        blank=True,
        help_text=_("Words to choose locations by when an order is drafted."),
    )
    monthly_cap = models.DecimalField(
        _("cap a month, USD"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("What all its numbers together may cost a month. Empty: the cap of the limits page."),
    )
    raw = models.JSONField(_("provider's record"), default=dict, blank=True, editable=False)
    synced_at = models.DateTimeField(_("synced"), null=True, blank=True, editable=False)
    sync_error = models.TextField(_("last sync's error"), blank=True, editable=False)
    sync_due_at = models.DateTimeField(_("sync due"), null=True, blank=True, editable=False)
    """When its numbers are to be read from the provider; empty where no read is wanted."""
    paused_at = models.DateTimeField(_("queue stopped"), null=True, blank=True, editable=False)
    """Since when nothing is sent for it, because the provider refused its token."""
    paused_because = models.TextField(_("why the queue is stopped"), blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["name", "location_id"]
        permissions = [("sync_location", _("Can sync locations from the provider"))]
        indexes = [
            models.Index(fields=["sync_due_at"], condition=Q(sync_due_at__isnull=False), name="location_sync_due"),
            models.Index(fields=["paused_at"], condition=Q(paused_at__isnull=False), name="location_paused"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.location_id})"
