"""Mails that are to be sent, and who wants which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from numbers_app.models.choices import MailKind
from numbers_app.models.order import PurchaseOrder
from numbers_app.models.purchase import Purchase


class Mail(models.Model):
    """One mail to one person: written with what it tells of, in one transaction, and sent after."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("to"), on_delete=models.CASCADE, related_name="desk_mails"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind)
    order = models.ForeignKey(
        PurchaseOrder, verbose_name=_("order"), on_delete=models.CASCADE, related_name="mails", null=True, blank=True
    )
    purchase = models.ForeignKey(
        Purchase, verbose_name=_("purchase"), on_delete=models.CASCADE, related_name="mails", null=True, blank=True
    )
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    next_action_at = models.DateTimeField(_("next try"), null=True, blank=True)
    """When it is to be sent; empty once it was sent or given up."""
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_action_at"], condition=Q(next_action_at__isnull=False), name="mail_due"),
            models.Index(
                fields=["created_at"],
                condition=Q(next_action_at__isnull=True, sent_at__isnull=True),
                name="mail_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.recipient}"


class MailPreference(models.Model):
    """Which mails somebody wants; who has no row wants all."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="mail_preference"
    )
    approval_wanted = models.BooleanField(_("an order waits for my approval"), default=True)
    decided = models.BooleanField(_("my order was approved or declined"), default=True)
    finished = models.BooleanField(_("my order is finished"), default=True)
    needs_review = models.BooleanField(_("a purchase needs a person"), default=True)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return str(self.user)
