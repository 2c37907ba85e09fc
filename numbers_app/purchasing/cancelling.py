"""Cancels what has not been sent."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from numbers_app.models import NOT_SENT_YET, Purchase, Status
from numbers_app.purchasing.lifecycle import locked_purchase, transition


class TooLate(Exception):
    """The purchase is on its way, or over."""

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(f"Purchase #{purchase.pk} is {purchase.status}: it can't be cancelled any more.")
        self.purchase = purchase


@transaction.atomic
def cancel(purchase_id: int, *, because: str, actor: Any) -> Purchase:
    """Take the purchase out of the queue; a second click changes nothing. Raises `TooLate`."""
    purchase = locked_purchase(purchase_id)
    if purchase.status == Status.CANCELLED:
        return purchase
    if purchase.status not in NOT_SENT_YET:
        raise TooLate(purchase)
    transition(purchase, to=Status.CANCELLED, because=because, actor=actor)
    return purchase
