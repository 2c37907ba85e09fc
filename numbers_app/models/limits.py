"""What may be spent, and what needs a second person."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Limits(models.Model):
    """The caps and the rules of approval: one row, which whoever spends locks, so that no two slip under one cap."""

    ONLY = 1

    monthly_cap = models.DecimalField(
        _("cap a month for all locations, USD"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("What all numbers bought from this desk may cost a month. Empty: no cap."),
    )
    location_monthly_cap = models.DecimalField(
        _("cap a month for each location, USD"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("A location's own page can set another. Empty: no cap."),
    )
    numbers_a_day = models.PositiveIntegerField(
        _("numbers a day for each user"),
        null=True,
        blank=True,
        help_text=_("How many numbers one person may ask for in a day (UTC). Empty: no limit."),
    )
    approval_over_numbers = models.PositiveIntegerField(
        _("approval for orders over so many numbers"),
        null=True,
        blank=True,
        help_text=_("Larger orders need a second person. 0: every order does. Empty: none does for its size."),
    )
    approval_over_amount = models.DecimalField(
        _("approval for orders over so much a month, USD"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Orders that cost more a month need a second person. Empty: none does for its cost."),
    )
    assumed_monthly_price = models.DecimalField(
        _("price a month where none is known, USD"),
        max_digits=10,
        decimal_places=2,
        default=Decimal("2.15"),
        validators=[MinValueValidator(0)],
        help_text=_("What a number counts for that was asked for without a search."),
    )

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="limits_are_one_row")]

    def __str__(self) -> str:
        return str(_("Caps and approvals"))
