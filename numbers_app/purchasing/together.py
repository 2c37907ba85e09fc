"""What is done to many purchases of an order at once: asking for them, and moving them on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from numbers_app import clock
from numbers_app.models import OrderLine, Purchase, PurchaseEvent, Status
from numbers_app.models.storing import storable_columns
from numbers_app.purchasing.lifecycle import move_alike

AT_ONCE = 500  # rows in one statement


def write_purchases(
    lines: Sequence[OrderLine],
    *,
    requested_by_id: int | None,
    status: Status,
    because: str,
    actor: Any,
    again: bool = False,
    **columns: Any,
) -> list[Purchase]:
    """A purchase for each line, with its first event; ``again`` after the line's last one.

    Raises IntegrityError where a number is in another purchase. The lines do not point to the new ones yet.
    """
    purchases = Purchase.objects.bulk_create(
        (
            purchase_for(
                line,
                requested_by_id=requested_by_id,
                status=status,
                again_of=line.purchase if again else None,
                **columns,
            )
            for line in lines
        ),
        batch_size=AT_ONCE,
    )
    now = clock.now()
    PurchaseEvent.objects.bulk_create(
        (
            PurchaseEvent(purchase=purchase, at=now, to_status=status, because=because, actor=actor)
            for purchase in purchases
        ),
        batch_size=AT_ONCE,
    )
    return purchases


def purchase_for(line: OrderLine, **columns: Any) -> Purchase:
    """What the line asks for, as a purchase that is not saved yet."""
    asked = {
        "phone_number": line.phone_number,
        "country_code": line.country_code,
        "number_type": line.number_type,
        "address_sid": line.address_sid,
        "bundle_sid": line.bundle_sid,
        "locality": line.locality,
        "region": line.region,
        # One value a purchase, kept for all its attempts; the provider is not known to remove duplicates by it.
        "fingerprint_id": line.fingerprint_id or uuid.uuid4().hex,
        "skip_location_kyc": line.skip_location_kyc,
        "monthly_price": line.monthly_price,
        "price_unit": line.price_unit,
    }
    return Purchase(
        order_id=line.order_id,
        location_id=line.location_id,
        line=line,
        sandbox=settings.SANDBOX,
        **storable_columns(Purchase, asked),
        **columns,
    )


def move_together(
    purchases: QuerySet[Purchase], *, to: Status, because: str, actor: Any = None, due_at: datetime | None = None
) -> int:
    """Move these purchases on, each with its event, a few hundred in a transaction; returns how many."""
    moved = 0
    last = 0
    while batch := move_batch(purchases.filter(pk__gt=last), to=to, because=because, actor=actor, due_at=due_at):
        moved += len(batch)
        last = batch[-1]
    return moved


@transaction.atomic
def move_batch(
    purchases: QuerySet[Purchase], *, to: Status, because: str, actor: Any, due_at: datetime | None
) -> list[int]:
    rows = list(purchases.order_by("pk").select_for_update(of=("self",))[:AT_ONCE])
    move_alike(rows, to=to, because=because, actor=actor, due_at=due_at)
    return [row.pk for row in rows]
