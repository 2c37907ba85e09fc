"""Orders: what one person wants together, from the draft to its end. One row of `OrderLine` is one number wanted."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.choices import (
    MOVING,
    LineStatus,
    NumberType,
    OrderHappening,
    OrderStatus,
    Problem,
    Source,
    Substitution,
    Via,
)
from numbers_app.models.history import HistoryModel, HistoryQuerySet
from numbers_app.models.location import Location
from numbers_app.models.scoping import VisibleQuerySet


class PurchaseOrderQuerySet(models.QuerySet["PurchaseOrder"]):
    def visible_to(self, user: Any) -> PurchaseOrderQuerySet:
        """All for a superuser; otherwise one's own, and those with a line for a location that one is assigned to.

        Others' drafts are nobody's business.
        """
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        lines = OrderLine.objects.filter(order=OuterRef("pk"), location__in=user.assigned_locations.values("pk"))
        drafts = (OrderStatus.DRAFT, OrderStatus.PREVIEWING, OrderStatus.PREVIEWED)
        return self.filter(Q(requested_by=user) | (~Q(status__in=drafts) & Exists(lines)))


class PurchaseOrder(models.Model):
    """What one person wants together; the key makes a second click harmless."""

    idempotency_key = models.UUIDField(_("idempotency key"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=OrderStatus, default=OrderStatus.DIRECT)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        on_delete=models.PROTECT,
        related_name="purchase_orders",
        null=True,
    )
    via = models.CharField(_("via"), max_length=16, choices=Via, default=Via.WEB)
    sandbox = models.BooleanField(_("rehearsal"), default=False)
    next_action_at = models.DateTimeField(_("next action"), null=True, blank=True)
    claimed_until = models.DateTimeField(_("in a worker's hands until"), null=True, blank=True)
    """A worker that dies with it loses it then."""
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    previewed_at = models.DateTimeField(_("previewed"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved or declined by"),
        on_delete=models.PROTECT,
        related_name="decided_orders",
        null=True,
        blank=True,
        db_index=False,  # `order_by_approver` begins with it
    )
    decided_at = models.DateTimeField(_("approved or declined"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    """Since when nothing more is asked for; what had been sent is still brought to its end."""
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        permissions = [("approve_order", _("Can approve orders"))]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=MOVING, next_action_at__isnull=False)
                | (~Q(status__in=MOVING) & Q(next_action_at__isnull=True)),
                name="order_timed_exactly_when_moving",
            ),
        ]
        indexes = [
            models.Index(fields=["next_action_at"], condition=Q(next_action_at__isnull=False), name="order_due"),
            models.Index(fields=["-id"], condition=~Q(status=OrderStatus.DIRECT), name="order_with_lines"),
            # Whole: SQLite proves the condition of a partial index for one value, never for a list of states.
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["decided_by", "id"], condition=Q(decided_by__isnull=False), name="order_by_approver"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}".rstrip()


class OrderPart(models.Model):
    """Lines that came into an order together: from a search, a want, a file."""

    order = models.ForeignKey(PurchaseOrder, verbose_name=_("order"), on_delete=models.CASCADE, related_name="parts")
    idempotency_key = models.UUIDField(_("idempotency key"), null=True, unique=True, editable=False)
    """The form's that it came from, where the form has one: a second click adds nothing."""
    source = models.CharField(_("source"), max_length=16, choices=Source)
    label = models.CharField(_("what it is"), max_length=200, blank=True)
    """The file's name, or the want or search in words."""
    file_sha256 = models.CharField(_("file's fingerprint"), max_length=64, blank=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("added by"), on_delete=models.PROTECT, related_name="+", null=True
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("part of an order")
        verbose_name_plural = _("parts of orders")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label or str(self.get_source_display())


class OrderLineQuerySet(VisibleQuerySet["OrderLine"]):
    pass


class OrderLine(models.Model):
    """One number wanted for one location: a given one, or one of a kind."""

    order = models.ForeignKey(PurchaseOrder, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines")
    part = models.ForeignKey(OrderPart, verbose_name=_("part"), on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField(_("row"), default=0)
    """The row of the file that it came from, as a spreadsheet counts; 0 where it came from no file."""
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="order_lines"
    )
    substitution = models.CharField(_("if it is taken"), max_length=16, choices=Substitution, default=Substitution.NONE)

    # What kind of number is wanted; for a given number, the country and the type alone.
    is_want = models.BooleanField(_("one of a kind"), default=False)
    country_code = models.CharField(_("country"), max_length=2, blank=True)
    number_type = models.CharField(_("number type"), max_length=16, choices=NumberType, blank=True)
    first_part = models.CharField(_("begins with"), max_length=15, blank=True)
    last_part = models.CharField(_("ends with"), max_length=15, blank=True)
    anywhere = models.CharField(_("contains"), max_length=15, blank=True)
    sms = models.BooleanField(_("SMS"), default=False)
    mms = models.BooleanField(_("MMS"), default=False)
    voice = models.BooleanField(_("voice"), default=False)

    # The number: given, or found by the preview; and what its offer said.
    phone_number = models.CharField(_("phone number"), max_length=16, blank=True)
    locality = models.CharField(_("locality"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    fingerprint_id = models.CharField(_("fingerprint"), max_length=100, blank=True)
    searched_at = models.DateTimeField(_("found"), null=True, blank=True)
    """When a search last showed the number on offer, with this fingerprint and price."""
    monthly_price = models.DecimalField(_("price a month"), max_digits=10, decimal_places=4, null=True, blank=True)
    price_unit = models.CharField(_("currency"), max_length=3, blank=True)
    address_requirements = models.CharField(_("asks for an address"), max_length=16, blank=True)

    # The rest of the purchase call.
    address_sid = models.CharField(_("address SID"), max_length=64, blank=True)
    bundle_sid = models.CharField(_("bundle SID"), max_length=64, blank=True)
    skip_location_kyc = models.BooleanField(_("skip location KYC"), default=False)

    status = models.CharField(_("status"), max_length=16, choices=LineStatus, default=LineStatus.DRAFT)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    """When the preview last looked at it; empty for what has not been looked at since it was changed."""
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    words = models.TextField(_("what was said"), blank=True)
    """The provider's words, or the details of the problem."""
    purchase = models.OneToOneField(
        "numbers_app.Purchase",
        verbose_name=_("purchase"),
        on_delete=models.PROTECT,
        related_name="current_line",
        null=True,
        blank=True,
    )
    """The last of its purchases."""

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "phone_number"], condition=~Q(phone_number=""), name="line_number_once_in_an_order"
            ),
            models.CheckConstraint(condition=Q(status__in=LineStatus.values), name="line_status_is_known"),
            models.CheckConstraint(
                condition=Q(status=LineStatus.DRAFT, purchase__isnull=True) | ~Q(status=LineStatus.DRAFT),
                name="line_in_draft_has_no_purchase",
            ),
            models.CheckConstraint(
                condition=Q(phone_number="") | Q(phone_number__startswith="+"), name="line_number_is_e164"
            ),
        ]
        indexes = [
            models.Index(fields=["order", "location"], name="line_by_order"),
            models.Index(fields=["order", "status"], name="line_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.phone_number or self.get_number_type_display()}"


class RejectedRow(models.Model):
    """A row of a file that could not be read, kept until it is mended or dismissed."""

    part = models.ForeignKey(OrderPart, verbose_name=_("part"), on_delete=models.CASCADE, related_name="rejected_rows")
    row = models.PositiveIntegerField(_("row"))
    cells = models.JSONField(_("cells"), default=dict)
    """Column name to text, as they stood in the file or were typed since."""
    errors = models.JSONField(_("errors"), default=dict)
    """Column name to what is wrong with its cell; "" for what is wrong with the row."""

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["part", "row"], name="rejected_row_once")]

    def __str__(self) -> str:
        return f"{self.part_id}: {self.row}"


class OrderEventQuerySet(HistoryQuerySet["OrderEvent"]):
    location_path = "order__lines__location"


class OrderEvent(HistoryModel):
    """One step of an order's life: what happened, who or what did it, when and why. Never changed."""

    order = models.ForeignKey(PurchaseOrder, verbose_name=_("order"), on_delete=models.PROTECT, related_name="events")
    what = models.CharField(_("what"), max_length=20, choices=OrderHappening)

    objects = OrderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("order's event")
        verbose_name_plural = _("orders' events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.what}"
