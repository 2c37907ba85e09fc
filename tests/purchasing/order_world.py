"""An order with real parts around it: the sandbox over HTTP, the workers' tasks done in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import (
    LineStatus,
    Location,
    OrderStatus,
    Purchase,
    PurchaseOrder,
    Source,
    Status,
    Substitution,
)
from numbers_app.purchasing.confirming import submit
from numbers_app.purchasing.drafting import Wish, add_lines, begin_draft
from numbers_app.purchasing.previewing import begin_preview, preview_version
from tests.factories import make_location, make_user
from tests.purchasing.conftest import Desk

ENDS = (OrderStatus.FINISHED, OrderStatus.CANCELLED, OrderStatus.DECLINED)


def make_places(count: int) -> list[Location]:
    return [make_location(f"place{n:015d}", name=f"Place {n}") for n in range(count)]


def want(location: Location, **columns: Any) -> Wish:
    """One local number that begins with 830."""
    kind = {"country_code": "US", "number_type": "local", "first_part": "830", "substitution": Substitution.KIND}
    return Wish(location_id=location.pk, is_want=True, **{**kind, **columns})


def number(location: Location, phone_number: str, **columns: Any) -> Wish:
    kind = {"country_code": "US", "number_type": "local", **columns}
    return Wish(location_id=location.pk, phone_number=phone_number, **kind)


@dataclass
class Orders:
    """A buyer at a desk."""

    desk: Desk
    sandbox: Sandbox
    buyer: Any = field(default_factory=lambda: make_user(email="buyer@example.com"))

    def draft(self, *wishes: Wish) -> PurchaseOrder:
        order = begin_draft(requested_by=self.buyer)
        if wishes:
            add_lines(order.pk, wishes, source=Source.WANT, label="a test's", actor=self.buyer)
        return fresh(order)

    def preview(self, order: PurchaseOrder) -> PurchaseOrder:
        begin_preview(order.pk, actor=self.buyer)
        self.go_on(order, until=lambda: fresh(order).status == OrderStatus.PREVIEWED)
        return fresh(order)

    def submit(self, order: PurchaseOrder) -> PurchaseOrder:
        return submit(order.pk, actor=self.buyer, seen=preview_version(order))

    def carry_out(self, order: PurchaseOrder) -> PurchaseOrder:
        self.go_on(order, until=lambda: fresh(order).status in ENDS)
        return fresh(order)

    def buy(self, *wishes: Wish) -> PurchaseOrder:
        return self.carry_out(self.submit(self.preview(self.draft(*wishes))))

    def go_on(self, order: PurchaseOrder, *, until: Callable[[], bool], rounds: int = 600) -> None:
        """Turn after turn, with time going by in between."""
        for _ in range(rounds):
            if until():
                return
            self.desk.turn()
            self.desk.clock.shift(2)
        raise AssertionError(f"{fresh(order).status}: {story(order)}")

    @property
    def sold(self) -> list[str]:
        return sorted(sale.phone_number for sale in self.sandbox.ledger.sold())


def fresh(order: PurchaseOrder) -> PurchaseOrder:
    return PurchaseOrder.objects.get(pk=order.pk)


def bought(order: PurchaseOrder) -> list[str]:
    found = order.purchases.filter(status=Status.PURCHASED).values_list("phone_number", flat=True)
    return sorted(found)


def lines_of(order: PurchaseOrder) -> list[tuple[str, str, str]]:
    return list(order.lines.order_by("pk").values_list("status", "problem", "phone_number"))


def problems(order: PurchaseOrder) -> list[str]:
    return list(order.lines.order_by("pk").values_list("problem", flat=True))


def statuses(order: PurchaseOrder) -> list[str]:
    return list(Purchase.objects.filter(order=order).order_by("pk").values_list("status", flat=True))


def story(order: PurchaseOrder) -> list[Any]:
    return [
        (line.status, line.problem, line.words, list(line.purchases.values_list("phone_number", "status", "reason")))
        for line in order.lines.exclude(status=LineStatus.BOUGHT)
    ]
