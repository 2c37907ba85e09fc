"""Turns what a person asked for into purchases, once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from numbers_app import clock
from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import (
    LIVE,
    LineStatus,
    Location,
    MailKind,
    OrderEvent,
    OrderHappening,
    OrderLine,
    OrderPart,
    OrderStatus,
    PhoneNumber,
    Purchase,
    PurchaseEvent,
    PurchaseOrder,
    Source,
    Status,
    Via,
)
from numbers_app.purchasing.dispatch import send_soon
from numbers_app.purchasing.limits import Asked, cost_of, judge
from numbers_app.purchasing.notifying import write_mails
from numbers_app.purchasing.refusals import OrderRefused


class AlreadyLive(OrderRefused):
    """The number is in another purchase that is not final."""

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(f"{purchase.phone_number} is in purchase #{purchase.pk} already.")
        self.purchase = purchase


class AlreadyOwned(OrderRefused):
    """The number is on the provider's books already."""

    def __init__(self, number: PhoneNumber) -> None:
        super().__init__(f"{number.phone_number} belongs to {number.location} already.")
        self.number = number


class KeyUsed(OrderRefused):
    """The idempotency key belongs to an order for something else."""

    def __init__(self, purchase: Purchase | None) -> None:
        super().__init__("This form was used for another purchase already.")
        self.purchase = purchase


def place_order(
    *,
    location: Location,
    request: PurchaseRequest,
    requested_by: Any,
    idempotency_key: uuid.UUID,
    via: Via = Via.WEB,
) -> Purchase:
    """Queue one number for one location; the same key and content again returns the purchase that is there.

    Where the limits ask for a second person, it waits for approval. Raises `AlreadyLive`, `AlreadyOwned`, `KeyUsed` or
    `OverCap`; then nothing was written.
    """
    earlier = find_earlier(idempotency_key, location=location, request=request, requested_by=requested_by)
    if earlier:
        return earlier
    try:
        refuse_taken(request.phone_number)
        return write_order(
            location=location, request=request, requested_by=requested_by, idempotency_key=idempotency_key, via=via
        )
    except (IntegrityError, AlreadyLive, AlreadyOwned):
        # Somebody may have been faster, between the looks and the write: this form's own second click, or another.
        earlier = find_earlier(idempotency_key, location=location, request=request, requested_by=requested_by)
        if earlier:
            return earlier
        refuse_taken(request.phone_number)
        raise


def find_earlier(key: uuid.UUID, *, location: Location, request: PurchaseRequest, requested_by: Any) -> Purchase | None:
    """The purchase that this key made, None for a new key; raises `KeyUsed` when it was for something else."""
    order = PurchaseOrder.objects.filter(idempotency_key=key).first()
    if order is None:
        return None
    purchase = order.purchases.select_related("location").first()
    theirs = order.requested_by_id != getattr(requested_by, "pk", None)
    if theirs or purchase is None:
        raise KeyUsed(None)
    asked = {name: value for name, value in request.body().items() if name != "fingerprintId"}
    bought = {body: getattr(purchase, name) for name, body in BODY_NAMES.items() if body != "fingerprintId"}
    if purchase.location_id != location.pk or asked != {name: value for name, value in bought.items() if value}:
        raise KeyUsed(purchase)
    return purchase


def refuse_taken(phone_number: str) -> None:
    """Raises `AlreadyLive` or `AlreadyOwned`.

    Live first: a purchase that ends in between has put its number on the mirror before the second look.
    """
    live = Purchase.objects.filter(phone_number=phone_number, status__in=LIVE).select_related("location").first()
    if live:
        raise AlreadyLive(live)
    refuse_owned(phone_number)


def refuse_owned(phone_number: str) -> None:
    owned = (
        PhoneNumber.objects.filter(phone_number=phone_number, gone_at__isnull=True).select_related("location").first()
    )
    if owned:
        raise AlreadyOwned(owned)


@transaction.atomic
def write_order(
    *,
    location: Location,
    request: PurchaseRequest,
    requested_by: Any,
    idempotency_key: uuid.UUID,
    via: Via,
    again_of: Purchase | None = None,
) -> Purchase:
    """The order, its purchase and the first event; the message follows the commit."""
    # Before anything is written: of two at once, the second sees what the first has asked for.
    price = again_of.monthly_price if again_of else None
    found = judge({location.pk: Asked(numbers=1, monthly=cost_of(price))}, actor=requested_by)
    status = Status.AWAITING_APPROVAL if found.needs_approval else Status.QUEUED
    now = clock.now()
    order = PurchaseOrder.objects.create(
        idempotency_key=idempotency_key, requested_by=requested_by, via=via, sandbox=settings.SANDBOX
    )
    columns = {name: getattr(request, name) for name in BODY_NAMES}
    # One value a purchase, kept for all its attempts; the provider is not known to remove duplicates by it.
    columns["fingerprint_id"] = request.fingerprint_id or uuid.uuid4().hex
    purchase = Purchase.objects.create(
        order=order,
        requested_by=requested_by,
        location=location,
        again_of=again_of,
        sandbox=settings.SANDBOX,
        monthly_price=price,
        price_unit=again_of.price_unit if again_of else "",
        status=status,
        # The message goes out with the commit; the sweep sends another only if that one is lost.
        next_action_at=None if found.needs_approval else now + timedelta(seconds=settings.PURCHASE_REDISPATCH_SECONDS),
        **columns,
    )
    # Once more, now that this row keeps every other purchase of the number out: one may have begun and ended meanwhile.
    refuse_owned(request.phone_number)
    because = f"Asked for again, after purchase #{again_of.pk}." if again_of else "Asked for."
    PurchaseEvent.objects.create(purchase=purchase, at=now, to_status=status, because=because, actor=requested_by)
    if found.needs_approval:
        let_approve(order, purchase, because=found.because, actor=requested_by)
    else:
        send_soon(purchase)
    return purchase


def let_approve(order: PurchaseOrder, purchase: Purchase, *, because: Sequence[str], actor: Any) -> None:
    """Make an order of one line, which a second person has to look at, of what would have been bought at once."""
    now = clock.now()
    part = OrderPart.objects.create(order=order, source=Source.FORM, label=purchase.phone_number, created_by=actor)
    columns = {name: getattr(purchase, name) for name in (*BODY_NAMES, "monthly_price", "price_unit")}
    line = OrderLine.objects.create(
        order=order, part=part, location=purchase.location, status=LineStatus.OPEN, purchase=purchase, **columns
    )
    purchase.line = line
    purchase.save(update_fields=["line"])
    order.status, order.submitted_at = OrderStatus.AWAITING_APPROVAL, now
    order.save(update_fields=["status", "submitted_at"])
    OrderEvent.objects.create(
        order=order, at=now, what=OrderHappening.SUBMITTED, because=" ".join(because), actor=actor
    )
    write_mails(MailKind.APPROVAL_WANTED, order=order)
