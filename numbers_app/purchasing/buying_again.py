"""Asks once more for what came to nothing: a new purchase that points to the old one, at most one for each."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from numbers_app.leadconnector.payloads import BODY_NAMES, PurchaseRequest
from numbers_app.models import LineStatus, Purchase, Status, Via
from numbers_app.purchasing.lifecycle import locked_purchase
from numbers_app.purchasing.limits import lock_if_capped
from numbers_app.purchasing.ordering import refuse_taken, write_order
from numbers_app.purchasing.refusals import OrderRefused

CAME_TO_NOTHING = (Status.REJECTED, Status.FAILED, Status.CANCELLED)


class NotOver(OrderRefused):
    """The purchase was bought, or may yet be."""

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(f"Purchase #{purchase.pk} is {purchase.status}: only what came to nothing is bought again.")
        self.purchase = purchase


class Rehearsed(OrderRefused):
    """The purchase was asked for against the sandbox, and this desk talks to the provider, or the other way round."""

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(f"Purchase #{purchase.pk} belongs to another desk: rehearsal and reality never mix.")
        self.purchase = purchase


class LeftToItsOrder(OrderRefused):
    """The order still sees to the line of the purchase, or has got another number for it."""

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(_("Its order still tries to get a number for this line, or has got one: look at the order."))
        self.purchase = purchase


def buy_again(purchase_id: int, *, requested_by: Any, via: Via = Via.WEB) -> Purchase:
    """Queue the same content anew; a second click returns the purchase that is there.

    Raises `NotOver`, `Rehearsed`, `LeftToItsOrder`, `AlreadyLive`, `AlreadyOwned` or `OverCap`; then nothing was
    written.
    """
    try:
        return write_again(purchase_id, requested_by=requested_by, via=via)
    except IntegrityError:
        # Between the look and the write, somebody else asked for the number.
        refuse_taken(Purchase.objects.get(pk=purchase_id).phone_number)
        raise


@transaction.atomic
def write_again(purchase_id: int, *, requested_by: Any, via: Via) -> Purchase:
    """Of two at once the second waits for the lock, and finds what the first wrote."""
    lock_if_capped()
    old = locked_purchase(purchase_id)
    there = Purchase.objects.filter(again_of=old).select_related("location").first()
    if there:
        return there
    if old.status not in CAME_TO_NOTHING:
        raise NotOver(old)
    if old.sandbox != settings.SANDBOX:
        raise Rehearsed(old)
    if is_left_to_its_order(old):
        raise LeftToItsOrder(old)
    refuse_taken(old.phone_number)
    return write_order(
        location=old.location,
        request=same_request(old),
        requested_by=requested_by,
        idempotency_key=uuid.uuid4(),
        via=via,
        again_of=old,
    )


def is_left_to_its_order(purchase: Purchase) -> bool:
    """Whether another number may stand, or come, in the place of the purchase's: a want must never end as two."""
    line = purchase.line
    return line is not None and (line.status != LineStatus.STOPPED or line.purchase_id != purchase.pk)


def same_request(purchase: Purchase) -> PurchaseRequest:
    """What was asked for. A search's fingerprint (digits alone) is kept; one that was made for it is made anew."""
    request = PurchaseRequest(**{name: getattr(purchase, name) for name in BODY_NAMES})
    return request if request.fingerprint_id.isdecimal() else replace(request, fingerprint_id="")
