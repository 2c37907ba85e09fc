"""Purchases and their history. One row of `Purchase` is one number asked for, for one location."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.choices import FINAL, LIVE, TIMED, Answer, Evidence, NumberType, Status
from numbers_app.models.history import HistoryModel, HistoryQuerySet
from numbers_app.models.location import Location
from numbers_app.models.order import OrderLine, PurchaseOrder
from numbers_app.models.scoping import VisibleQuerySet

ADOPTED = Q(confirmed_by=Evidence.PERSON, attempt_count=0)
"""Put on the books by a person who found the number at the provider: bought, and by no attempt of ours."""


def index_of_few(*chosen_by: str, condition: Q, name: str) -> models.Index:
    """An index that a list of few purchases is counted, narrowed and summed up in, with no look at the rows.

    SQLite proves a condition for one value, not for several, and reads its columns where it has proved it.
    """
    told = ("-id", "region", "number_type", "status", "price_unit", "monthly_price")
    return models.Index(fields=[*chosen_by, *told], condition=condition, name=name)


class PurchaseQuerySet(VisibleQuerySet["Purchase"]):
    pass


class Purchase(models.Model):
    """One number asked for, for one location, and how far it has come."""

    order = models.ForeignKey(
        PurchaseOrder,
        verbose_name=_("order"),
        on_delete=models.PROTECT,
        related_name="purchases",
        db_index=False,  # `purchase_by_order` begins with it
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        on_delete=models.PROTECT,
        related_name="purchases",
        null=True,
        blank=True,
        db_index=False,
    )
    """As the order has it, and as it stays: a list of what somebody asked for must not read all of their orders."""
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="purchases", db_index=False
    )
    line = models.ForeignKey(
        OrderLine,
        verbose_name=_("order line"),
        on_delete=models.PROTECT,
        related_name="purchases",
        null=True,
        blank=True,
    )
    """The number wanted that this is to bring; empty for one bought at once."""
    substitute_of = models.OneToOneField(
        "self",
        verbose_name=_("in place of"),
        on_delete=models.PROTECT,
        related_name="substitute",
        null=True,
        blank=True,
    )
    """The purchase that came to nothing and in whose place this one stands. One to one: none is replaced twice."""
    again_of = models.OneToOneField(
        "self",
        verbose_name=_("asked for again after"),
        on_delete=models.PROTECT,
        related_name="again",
        null=True,
        blank=True,
    )
    """The purchase that came to nothing and that this one asks for again."""
    sandbox = models.BooleanField(_("rehearsal"), default=False)
    """Asked for against the sandbox: never to be sent to the real provider, nor the other way round."""

    phone_number = models.CharField(_("phone number"), max_length=16)
    country_code = models.CharField(_("country"), max_length=2, blank=True)
    number_type = models.CharField(_("number type"), max_length=16, choices=NumberType, blank=True)
    address_sid = models.CharField(_("address SID"), max_length=64, blank=True)
    bundle_sid = models.CharField(_("bundle SID"), max_length=64, blank=True)
    locality = models.CharField(_("locality"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    fingerprint_id = models.CharField(_("fingerprint"), max_length=100)
    skip_location_kyc = models.BooleanField(_("skip location KYC"), default=False)

    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.QUEUED)
    next_action_at = models.DateTimeField(_("next action"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    """A purchase that went back into the queue is not sent before; a message that came twice must not shorten it."""
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    absent_at = models.DateTimeField(_("absent from the list"), null=True, blank=True)
    """When the first of the two full reads that prove an absence did not show the number."""
    uncertain_since = models.DateTimeField(_("uncertain since"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    """Why it is in this status: the provider's words where it said something."""

    confirmed_by = models.CharField(_("confirmed by"), max_length=16, choices=Evidence, blank=True)
    account_sid = models.CharField(_("account SID"), max_length=64, blank=True)
    number_sid = models.CharField(_("number SID"), max_length=64, blank=True)
    monthly_price = models.DecimalField(_("price a month"), max_digits=10, decimal_places=4, null=True, blank=True)
    price_unit = models.CharField(_("currency"), max_length=3, blank=True)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        ordering = ["-id"]
        permissions = [
            ("buy_number", _("Can buy numbers")),
            ("review_purchase", _("Can decide at the review desk")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_number"], condition=Q(status__in=LIVE), name="purchase_one_live_per_number"
            ),
            models.UniqueConstraint(fields=["line"], condition=Q(status__in=LIVE), name="purchase_one_live_per_line"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="purchase_status_is_known"),
            models.CheckConstraint(condition=Q(phone_number__startswith="+"), name="purchase_number_is_e164"),
            models.CheckConstraint(
                condition=Q(status__in=TIMED, next_action_at__isnull=False)
                | (~Q(status__in=TIMED) & Q(next_action_at__isnull=True)),
                name="purchase_timed_exactly_when_due",
            ),
            models.CheckConstraint(
                condition=Q(status__in=FINAL, finished_at__isnull=False)
                | (~Q(status__in=FINAL) & Q(finished_at__isnull=True)),
                name="purchase_finished_exactly_when_final",
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.PURCHASED) & ~Q(confirmed_by=""))
                | (~Q(status=Status.PURCHASED) & Q(confirmed_by="")),
                name="purchase_bought_exactly_on_evidence",
            ),
            models.CheckConstraint(
                condition=Q(monthly_price__isnull=True) | Q(monthly_price__gte=0), name="purchase_price_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "next_action_at"], name="purchase_due"),
            models.Index(fields=["phone_number"], name="purchase_by_number"),
            models.Index(fields=["location", "-id", "status"], name="purchase_by_place"),
            models.Index(fields=["location", "id"], condition=Q(status=Status.QUEUED), name="purchase_queue"),
            models.Index(fields=["status", "-id", "price_unit", "monthly_price"], name="purchase_by_status"),
            models.Index(fields=["fingerprint_id"], name="purchase_by_fingerprint"),
            # The lists' own: what is chosen by, then the order of the list. Columns after those are there so that a
            # second choice is made within the index (decision 12).
            models.Index(fields=["order", "-id", "status"], name="purchase_by_order"),
            models.Index(fields=["requested_by", "-id", "status"], name="purchase_by_requester"),
            models.Index(fields=["number_type", "-id", "status"], name="purchase_by_type"),
            models.Index(fields=["country_code", "-id", "number_type", "status", "region"], name="purchase_by_country"),
            models.Index(
                fields=["region", "status", "number_type", "-id", "price_unit", "monthly_price"],
                name="purchase_by_region",
            ),
            models.Index(fields=["created_at", "id", "status", "price_unit", "monthly_price"], name="purchase_by_day"),
            models.Index(
                fields=["monthly_price", "id"], condition=Q(monthly_price__isnull=False), name="purchase_by_price"
            ),
            index_of_few("confirmed_by", condition=Q(confirmed_by=Evidence.LIST), name="purchase_by_list"),
            index_of_few("confirmed_by", condition=Q(confirmed_by=Evidence.PERSON), name="purchase_by_person"),
            index_of_few("confirmed_by", "attempt_count", condition=ADOPTED, name="purchase_adopted"),
            models.Index(fields=["-id"], condition=Q(substitute_of__isnull=False), name="purchase_substitutes"),
            models.Index(fields=["account_sid"], name="purchase_by_account"),
            models.Index(fields=["number_sid"], name="purchase_by_sid"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.phone_number}"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class PurchaseAttemptQuerySet(VisibleQuerySet["PurchaseAttempt"]):
    location_path = "purchase__location"


class PurchaseAttempt(models.Model):
    """One POST: written before it is sent, completed after."""

    purchase = models.ForeignKey(
        Purchase, verbose_name=_("purchase"), on_delete=models.PROTECT, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField(_("attempt"))
    answer = models.CharField(_("answer"), max_length=16, choices=Answer, default=Answer.PENDING)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    request_body = models.JSONField(_("sent"), default=dict)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration, ms"), null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    words = models.TextField(_("what was said"), blank=True)
    trace_id = models.CharField(_("trace ID"), max_length=200, blank=True)
    reply_headers = models.JSONField(_("reply headers"), default=dict, blank=True)
    reply_body = models.TextField(_("reply"), blank=True)

    objects = PurchaseAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["purchase", "number"], name="attempt_numbered_once"),
            models.UniqueConstraint(
                fields=["purchase"], condition=Q(answer=Answer.PENDING), name="attempt_one_under_way"
            ),
            models.CheckConstraint(
                condition=Q(answer=Answer.PENDING, finished_at__isnull=True)
                | (~Q(answer=Answer.PENDING) & Q(finished_at__isnull=False)),
                name="attempt_answered_exactly_when_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id}/{self.number}"


class PurchaseEventQuerySet(HistoryQuerySet["PurchaseEvent"]):
    location_path = "purchase__location"


class PurchaseEvent(HistoryModel):
    """One step of a purchase's life: what changed, who or what did it, when and why. Never changed."""

    purchase = models.ForeignKey(Purchase, verbose_name=_("purchase"), on_delete=models.PROTECT, related_name="events")
    from_status = models.CharField(_("from"), max_length=20, choices=Status, blank=True)
    to_status = models.CharField(_("to"), max_length=20, choices=Status)
    attempt = models.ForeignKey(
        PurchaseAttempt,
        verbose_name=_("attempt"),
        on_delete=models.PROTECT,
        related_name="events",
        null=True,
        blank=True,
    )

    objects = PurchaseEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.purchase_id}: {self.from_status or '–'} → {self.to_status}"
