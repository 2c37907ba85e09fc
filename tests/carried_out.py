"""Orders that are being carried out, for tests: rows as the engine writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from numbers_app.models import (
    BEING_DRAFTED,
    FINAL,
    MOVING,
    LineStatus,
    Location,
    OrderEvent,
    OrderHappening,
    OrderLine,
    OrderPart,
    OrderStatus,
    Problem,
    Purchase,
    PurchaseOrder,
    Source,
    Status,
)
from tests.factories import make_location, make_purchase, make_user

PRICE = Decimal("1.1500")


def make_submitted(status: OrderStatus = OrderStatus.RUNNING, **columns: Any) -> PurchaseOrder:
    """An order without lines, with the columns that the database asks of that status."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "name": "Spring",
        "sandbox": True,
        "requested_by": columns.get("requested_by") or make_user(),
        "submitted_at": None if status in BEING_DRAFTED else now,
        "next_action_at": now if status in MOVING else None,
        "finished_at": now if status in (OrderStatus.FINISHED, OrderStatus.DECLINED, OrderStatus.CANCELLED) else None,
    }
    order = PurchaseOrder.objects.create(status=status, **{**defaults, **columns})
    OrderPart.objects.create(order=order, source=Source.PASTED, label="Pasted numbers")
    note(order, OrderHappening.DRAFTED, because="Begun.")
    return order


def note(order: PurchaseOrder, what: OrderHappening, **columns: Any) -> OrderEvent:
    return OrderEvent.objects.create(order=order, what=what, **{"at": timezone.now(), "because": "", **columns})


def make_line(
    order: PurchaseOrder, phone_number: str = "+18305550123", *, location: Location | None = None, **columns: Any
) -> OrderLine:
    """A line without a purchase."""
    defaults: dict[str, Any] = {
        "part": order.parts.first(),
        "location": location or make_location(),
        "country_code": "US",
        "number_type": "local",
        "monthly_price": PRICE,
        "price_unit": "USD",
        "status": LineStatus.DRAFT if order.status in BEING_DRAFTED else LineStatus.OPEN,
    }
    return OrderLine.objects.create(order=order, phone_number=phone_number, **{**defaults, **columns})


def buy_for(
    line: OrderLine, *, status: Status = Status.QUEUED, phone_number: str = "", settle: bool = True, **columns: Any
) -> Purchase:
    """A purchase of the line, its last; one that is over settles the line, unless another is to follow it."""
    purchase = make_purchase(
        phone_number or line.phone_number,
        status=status,
        order=line.order,
        line=line,
        location=line.location,
        monthly_price=line.monthly_price,
        price_unit=line.price_unit,
        **columns,
    )
    line.purchase = purchase
    if status in FINAL and settle:
        bought = status == Status.PURCHASED
        line.status = LineStatus.BOUGHT if bought else LineStatus.STOPPED
        line.problem = "" if bought else PROBLEMS[status]
        line.words = purchase.reason
    line.save()
    return purchase


PROBLEMS = {
    Status.REJECTED: Problem.REJECTED,
    Status.FAILED: Problem.FAILED,
    Status.CANCELLED: Problem.CANCELLED,
}
