"""The mirror of the provider's state of a location, and the tokens that open it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.fields import SecretField
from numbers_app.models.location import Location
from numbers_app.models.scoping import VisibleQuerySet


class TwilioAccountQuerySet(VisibleQuerySet["TwilioAccount"]):
    pass


class TwilioAccount(models.Model):
    """The state of a location's Twilio account, as the last purchase answered it and the last list read it."""

    location = models.OneToOneField(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="account"
    )
    remote_id = models.CharField(_("provider's ID"), max_length=64, blank=True)
    account_sid = models.CharField(_("account SID"), max_length=64, blank=True, db_index=True)
    new_account_sid = models.CharField(_("new account SID"), max_length=64, blank=True)
    account_status = models.CharField(_("account status"), max_length=32, blank=True)
    under_ghl_account = models.BooleanField(_("under the provider's account"), null=True)
    validate_sms = models.BooleanField(_("validates SMS"), null=True)
    migration_status = models.CharField(_("migration status"), max_length=64, blank=True)
    migration_numbers = models.JSONField(_("numbers in migration"), default=list, blank=True)
    raw = models.JSONField(_("last reply"), default=dict, blank=True)
    synced_at = models.DateTimeField(_("synced"))
    listed_at = models.DateTimeField(_("list read in full"), null=True, blank=True)

    objects = TwilioAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("Twilio account")
        verbose_name_plural = _("Twilio accounts")

    def __str__(self) -> str:
        return self.account_sid or str(self.location)


class PhoneNumberQuerySet(VisibleQuerySet["PhoneNumber"]):
    pass


class PhoneNumber(models.Model):
    """One number on the provider's books; marked as gone, never deleted."""

    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="phone_numbers", db_index=False
    )
    phone_number = models.CharField(_("phone number"), max_length=16, unique=True)
    service = models.CharField(_("service"), max_length=64, blank=True)
    friendly_name = models.CharField(_("name"), max_length=200, blank=True)
    assigned_user = models.CharField(_("assigned user"), max_length=64, blank=True)
    sid = models.CharField(_("number SID"), max_length=64, blank=True, db_index=True)
    country_code = models.CharField(_("country"), max_length=2, blank=True)
    number_type = models.CharField(_("type"), max_length=32, blank=True)
    capabilities = models.JSONField(_("capabilities"), default=dict, blank=True)
    origin = models.CharField(_("origin"), max_length=32, blank=True)
    is_default = models.BooleanField(_("default number"), null=True)
    forwarding_number = models.CharField(_("forwards to"), max_length=32, blank=True)
    address_sid = models.CharField(_("address SID"), max_length=64, blank=True)
    bundle_sid = models.CharField(_("bundle SID"), max_length=64, blank=True)
    date_added = models.DateTimeField(_("added at the provider"), null=True, blank=True)
    date_updated = models.DateTimeField(_("changed at the provider"), null=True, blank=True)
    raw = models.JSONField(_("provider's record"), default=dict, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    synced_at = models.DateTimeField(_("last seen"))
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)
    gone_noted_at = models.DateTimeField(_("noted as gone"), null=True, blank=True)
    """When a person took note that it is gone; it then leaves the review desk."""

    explained = models.BooleanField(_("bought here"), default=False, db_default=False, editable=False)
    """Whether a purchase of ours is known to have bought it. Noted some time after, and never taken back: who looks for
    numbers that no purchase explains has only the others to look at."""

    objects = PhoneNumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        ordering = ["phone_number"]
        constraints = [
            models.CheckConstraint(condition=Q(phone_number__startswith="+"), name="phone_number_is_e164"),
        ]
        indexes = [
            models.Index(
                fields=["location", "phone_number", "number_type", "country_code", "gone_at"],
                name="phone_number_by_location",
            ),
            models.Index(
                fields=["gone_at"],
                condition=Q(gone_at__isnull=False, gone_noted_at__isnull=True),
                name="phone_number_vanished",
            ),
            models.Index(fields=["number_type", "phone_number"], name="phone_number_by_type"),
            models.Index(fields=["country_code", "phone_number"], name="phone_number_by_country"),
            models.Index(fields=["phone_number"], condition=Q(gone_at__isnull=False), name="phone_number_gone"),
            models.Index(
                fields=["phone_number"],
                condition=Q(explained=False, gone_at__isnull=True),
                name="phone_number_unexplained",
            ),
        ]

    def __str__(self) -> str:
        return self.phone_number


class ApiTokenQuerySet(VisibleQuerySet["ApiToken"]):
    pass


class ApiToken(models.Model):
    """A token for the provider's API: written once, encrypted, and shown only by its last four characters."""

    location = models.OneToOneField(
        Location,
        verbose_name=_("location"),
        on_delete=models.CASCADE,
        related_name="api_token",
        null=True,
        blank=True,
        help_text=_("Leave empty for the default token, used by every location that has none of its own."),
    )
    token = SecretField(_("token"))
    last_four = models.CharField(_("ends with"), max_length=4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("entered by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    created_at = models.DateTimeField(_("entered"), auto_now_add=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(location__isnull=True), name="api_token_one_default"),
        ]

    def __str__(self) -> str:
        return f"…{self.last_four}"
