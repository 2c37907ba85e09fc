"""Sums of the books, for the first page. All of it can be made again from the books; nothing is decided by it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.choices import Status
from numbers_app.models.location import Location
from numbers_app.models.scoping import VisibleQuerySet


class Span(models.TextChoices):
    """How much time one row sums up: the older it is, the more."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class TallyQuerySet(VisibleQuerySet[Any]):
    def visible_to(self, user: Any) -> TallyQuerySet:
        """For who sees every location the rows of all locations together: they are few, however many locations."""
        if not user.is_active:
            return self.none()
        if user.is_superuser or not Location.objects.exclude(users=user).exists():
            return self.filter(location=None)
        return super().visible_to(user)


class Tally(models.Model):
    """How many purchases were asked for in a day, month or year (UTC), at a location, and how they stand."""

    span = models.CharField(_("span"), max_length=8, choices=Span)
    since = models.DateField(_("since"))
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="+", null=True, db_index=False
    )
    """Empty: all locations together."""
    status = models.CharField(_("status"), max_length=20, choices=Status)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    """Of what was bought; empty for the rest, and where no price is known."""
    many = models.PositiveIntegerField(_("how many"))
    monthly = models.DecimalField(_("price a month"), max_digits=16, decimal_places=4)

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["location", "since", "span", "status", "currency"],
                condition=Q(location__isnull=False),
                name="tally_once_for_a_location",
            ),
            models.UniqueConstraint(
                fields=["since", "span", "status", "currency"],
                condition=Q(location__isnull=True),
                name="tally_once_for_all",
            ),
        ]
        indexes = [models.Index(fields=["since"], name="tally_by_date")]

    def __str__(self) -> str:
        return f"{self.since} {self.status}: {self.many}"


class RefusalTally(models.Model):
    """How many purchases that were asked for on a day (UTC) were refused in the same words."""

    since = models.DateField(_("day"))
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="+", null=True, db_index=False
    )
    words = models.CharField(_("what was said"), max_length=300, blank=True)
    """Without numbers; empty for wordings beyond the commonest of the day."""
    many = models.PositiveIntegerField(_("how many"))

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tally of refusals")
        verbose_name_plural = _("tallies of refusals")
        default_permissions = ()
        indexes = [
            models.Index(fields=["location", "since"], name="refusal_tally_by_location"),
            models.Index(fields=["since"], name="refusal_tally_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.since} {self.words}: {self.many}"


class NumberTallyQuerySet(VisibleQuerySet["NumberTally"]):
    pass


class NumberTally(models.Model):
    """A location's active numbers, by the currency of their price; the row without currency is always there."""

    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.CASCADE, related_name="number_tallies", db_index=False
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    """Empty: no price is known."""
    many = models.PositiveIntegerField(_("numbers"))
    monthly = models.DecimalField(_("price a month"), max_digits=16, decimal_places=4)
    as_of = models.DateTimeField(_("as of"))
    """What changed before it is in here for certain."""

    objects = NumberTallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tally of numbers")
        verbose_name_plural = _("tallies of numbers")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["location", "currency"], name="number_tally_once")]

    def __str__(self) -> str:
        return f"{self.location_id} {self.currency}: {self.many}"


class Counting(models.Model):
    """How far the counting has come: one row, which whoever counts locks."""

    ONLY = 1

    events_to = models.BigIntegerField(_("events counted"), default=0)
    """What these events changed is counted, for certain."""
    seen_to = models.BigIntegerField(_("events seen"), default=0)
    seen_at = models.DateTimeField(_("seen"), null=True)
    """A transaction that began before this may still bring an event up to `seen_to`."""
    next_before = models.DateField(_("goes on before"), null=True)
    """A count of everything goes from today back; this is where it has come. Empty: none is under way."""
    complete = models.BooleanField(_("counted in full"), default=False)
    sandbox = models.BooleanField(_("rehearsals"), default=False)
    """Whether rehearsals were counted, or what was bought in earnest; never both."""
    ran_at = models.DateTimeField(_("last round"), null=True)

    class Meta:
        verbose_name = _("counting")
        verbose_name_plural = _("counting")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="counting_is_one_row")]

    def __str__(self) -> str:
        return str(self.ran_at)
