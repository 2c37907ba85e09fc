"""Drafts for the tests of an order's pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from numbers_app.models import Location, OrderLine, OrderStatus, Problem, PurchaseOrder, Source
from numbers_app.purchasing.drafting import Wish, add_lines, begin_draft


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:numbers_app_purchaseorder_{name}", args=args)


def begin(user: Any, name: str = "Spring") -> PurchaseOrder:
    return begin_draft(requested_by=user, name=name)


def a_want(location: Location, **asked: Any) -> Wish:
    given = {"country_code": "US", "number_type": "local", "first_part": "830", **asked}
    return Wish(location_id=location.pk, is_want=True, **given)


def add_wants(order: PurchaseOrder, places: Sequence[Location], *, each: int = 1, **asked: Any) -> Any:
    """``each`` numbers of a kind for each of the places, as the want's form adds them."""
    wishes = [a_want(place, **asked) for place in places for _number in range(each)]
    return add_lines(order.pk, wishes, source=Source.WANT, label="A want", actor=order.requested_by).part


def previewed(order: PurchaseOrder, *, problem: Problem | None = None, bad: int = 0) -> None:
    """As a preview leaves the draft: the first ``bad`` of its lines with the problem."""
    now = timezone.now()
    lines = list(order.lines.order_by("pk"))
    for position, line in enumerate(lines):
        line.checked_at = now
        if problem and position < bad:
            line.problem, line.words = problem, "The provider said so."
            continue
        line.phone_number = line.phone_number or f"+1830555{line.pk:04}"
        line.monthly_price, line.price_unit = Decimal("2.15"), "USD"
        line.fingerprint_id, line.searched_at = f"finger-{line.pk}", now
    OrderLine.objects.bulk_update(
        lines,
        ["checked_at", "problem", "words", "phone_number", "monthly_price", "price_unit", "fingerprint_id",
         "searched_at"],
    )  # fmt: skip
    PurchaseOrder.objects.filter(pk=order.pk).update(
        status=OrderStatus.PREVIEWED, previewed_at=now, next_action_at=None
    )
    order.refresh_from_db()


def a_form(*places: Location, **typed: Any) -> dict[str, Any]:
    """What the want's form sends when somebody has filled it in well."""
    good = {
        "quantity": 5,
        "locations": [place.pk for place in places],
        "country_code": "US",
        "number_type": "local",
        "first_part": "(830)",
        "substitution": "kind",
        "idempotency_key": str(uuid.uuid4()),
    }
    return {name: value for name, value in {**good, **typed}.items() if value is not None}
