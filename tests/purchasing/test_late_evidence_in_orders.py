"""A number that was replaced, and bought after all: the want has its number, and the substitute is needless."""

from __future__ import annotations

import pytest

from numbers_app import clock
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import Evidence, LineStatus, OrderStatus, Purchase, PurchaseOrder, Status
from numbers_app.purchasing.proving import confirm_bought
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, fresh, make_places, number, statuses, want

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


def replaced(orders: Orders, order: PurchaseOrder) -> Purchase:
    """The purchase of the order's first want, of which the substitute has been asked for, and is not sent yet."""
    line = order.lines.order_by("pk").first()
    orders.sandbox.ledger.note_taken(line.phone_number)
    order = orders.submit(order)
    orders.go_on(order, until=lambda: line.purchases.count() == 2)
    return line.purchases.order_by("pk").first()


def confirm_late(purchase: Purchase) -> None:
    because = "The provider's list shows the number."
    confirm_bought(purchase.pk, evidence=Evidence.LIST, because=because, seen_at=clock.now())


def test_substitute_is_not_sent_when_the_number_was_bought_after_all(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    first = replaced(orders, order)

    confirm_late(first)
    orders.carry_out(order)

    assert fresh(order).status == OrderStatus.FINISHED
    assert statuses(order) == [Status.PURCHASED, Status.CANCELLED]
    assert orders.sold == []  # the sandbox had given it to somebody else


def test_line_bears_the_number_that_was_bought_after_all(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place)))
    first = replaced(orders, order)

    confirm_late(first)

    line = order.lines.get()
    assert (line.status, line.purchase, line.phone_number) == (LineStatus.BOUGHT, first, first.phone_number)


def test_late_evidence_is_kept_though_another_line_bears_the_number(orders: Orders) -> None:
    [place] = make_places(1)
    order = orders.preview(orders.draft(want(place), number(place, "+18305550177")))
    first = replaced(orders, order)
    order.lines.order_by("pk").filter(is_want=False).update(phone_number=first.phone_number)

    confirm_late(first)

    first.refresh_from_db()
    assert first.status == Status.PURCHASED
    assert order.lines.order_by("pk").first().status == LineStatus.BOUGHT
