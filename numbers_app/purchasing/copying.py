"""Asks in a new draft for what another order asked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from numbers_app.models import (
    OrderLine,
    PurchaseOrder,
    Source,
)
from numbers_app.purchasing.drafting import (
    Wish,
    add_lines,
    begin_draft,
)

WISHES = (
    "location_id", "substitution", "is_want", "country_code", "number_type", "first_part", "last_part", "anywhere",
    "sms", "mms", "voice", "phone_number", "locality", "region", "fingerprint_id", "searched_at", "monthly_price",
    "price_unit", "address_requirements", "address_sid", "bundle_sid", "skip_location_kyc",
)  # fmt: skip


@transaction.atomic
def copy_lines(
    lines: Iterable[OrderLine], *, name: str, requested_by: Any, idempotency_key: uuid.UUID | None = None
) -> PurchaseOrder:
    """A new draft that asks for the same once more; what was found for a want is looked for anew.

    The same person's same key again returns the draft that is there. Raises `KeyUsed`.
    """
    order = begin_draft(requested_by=requested_by, name=name, idempotency_key=idempotency_key)
    if order.parts.exists():
        return order
    wishes = [wish_of(line) for line in lines]
    add_lines(order.pk, wishes, source=Source.COPY, label=name, actor=requested_by)
    return order


def wish_of(line: OrderLine) -> Wish:
    """What the line asks for, without what a search found."""
    asked = {name: getattr(line, name) for name in WISHES}
    found = {"fingerprint_id": "", "searched_at": None, "monthly_price": None, "price_unit": ""}
    chosen = {"phone_number": "", "locality": "", "region": "", "address_requirements": ""} if line.is_want else {}
    return Wish(**{**asked, **found, **chosen})
