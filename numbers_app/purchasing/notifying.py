"""Who is told what by mail.

A mail is written with what it tells of, in one transaction, and `numbers_app.mailing` sends it: so nothing is told that
did not happen, and nothing that happened is left untold.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from numbers_app import clock
from numbers_app.models import (
    Mail,
    MailKind,
    MailPreference,
    OrderHappening,
    OrderLine,
    Purchase,
    PurchaseOrder,
)
from numbers_app.models.permissions import MAY_APPROVE, MAY_REVIEW

# The switch on a person's own page that turns each kind off.
SWITCHES = {
    MailKind.APPROVAL_WANTED: "approval_wanted",
    MailKind.APPROVED: "decided",
    MailKind.DECLINED: "decided",
    MailKind.FINISHED: "finished",
    MailKind.NEEDS_REVIEW: "needs_review",
}


def write_mails(kind: MailKind, *, order: PurchaseOrder | None = None, purchase: Purchase | None = None) -> int:
    """Write a mail to everybody whom it concerns and who wants it, each once; returns how many were written.

    Belongs into the transaction of what it tells of, which holds the row's lock: that keeps a second call from writing
    at the same time.
    """
    wanted = recipients(kind, order=order, purchase=purchase).exclude(email="")
    wanted = wanted.exclude(pk__in=MailPreference.objects.filter(**{SWITCHES[kind]: False}).values("user"))
    told = told_already(kind, order=order, purchase=purchase)
    now = clock.now()
    mails = Mail.objects.bulk_create(
        Mail(recipient=user, kind=kind, order=order, purchase=purchase, next_action_at=now)
        for user in wanted.order_by("pk")
        if user.pk not in told
    )
    return len(mails)


def recipients(kind: MailKind, *, order: PurchaseOrder | None, purchase: Purchase | None) -> QuerySet[Any]:
    """Those who may have it, before it is asked whether they want it."""
    users = get_user_model().objects.filter(is_active=True)
    if kind == MailKind.NEEDS_REVIEW and purchase:
        concerned = Q(pk=purchase.order.requested_by_id) | Q(pk__in=users_with(MAY_REVIEW).values("pk"))
        return users.filter(concerned & (Q(is_superuser=True) | Q(pk__in=purchase.location.users.values("pk"))))
    if order is None:
        raise ValueError(f"A mail of the kind {kind} is about an order.")
    if kind != MailKind.APPROVAL_WANTED:
        return users.filter(purchase_orders=order)
    # As `PurchaseOrderQuerySet.visible_to` has it, asked of all users at once.
    its_locations = OrderLine.objects.filter(order=order, location__users=OuterRef("pk"))
    approvers = users_with(MAY_APPROVE).exclude(purchase_orders=order)
    return approvers.filter(Q(is_superuser=True) | Exists(its_locations))


def users_with(permission: str) -> QuerySet[Any]:
    """All active users who have the permission: by a group, of their own, or as superusers."""
    users: QuerySet[Any] = get_user_model().objects.with_perm(permission)
    return users


def told_already(kind: MailKind, *, order: PurchaseOrder | None, purchase: Purchase | None) -> set[int]:
    """Who has this mail. An order that was tried again is finished anew."""
    told = Mail.objects.filter(kind=kind, order=order, purchase=purchase)
    if order:
        went_on = order.events.filter(what=OrderHappening.RETRIED).aggregate(last=Max("at"))["last"]
        told = told.filter(created_at__gte=went_on) if went_on else told
    return set(told.values_list("recipient_id", flat=True))
