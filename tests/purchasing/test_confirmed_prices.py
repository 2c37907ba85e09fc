"""What a person confirmed is what is bought: no price changes behind the page, and none slips under a cap."""

from __future__ import annotations

from decimal import Decimal

import pytest

from numbers_app import clock
from numbers_app.leadconnector.sandbox import Sandbox
from numbers_app.models import OrderLine, OrderStatus, Problem
from numbers_app.purchasing.checking import Finding, save
from numbers_app.purchasing.confirming import submit
from numbers_app.purchasing.offers import Offer
from numbers_app.purchasing.previewing import preview_version
from tests.purchasing.conftest import Desk
from tests.purchasing.order_world import Orders, make_places, problems, want
from tests.purchasing.test_limits import limit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(desk: Desk, sandbox: Sandbox) -> Orders:
    return Orders(desk=desk, sandbox=sandbox)


def offer_of(line: OrderLine, price: str) -> Offer:
    return Offer(
        phone_number=line.phone_number,
        locality="",
        region="",
        number_type="local",
        price=Decimal(price),
        price_unit="USD",
        address_requirements="none",
        fingerprint_id="1",
        searched_at=clock.now(),
    )


def test_worker_that_was_held_up_changes_no_price_after_the_preview(orders: Orders) -> None:
    order = orders.preview(orders.draft(want(*make_places(1))))
    seen = preview_version(order)
    line = order.lines.get()
    shown = line.monthly_price

    save([(line, Finding(offer=offer_of(line, "99.00")))])
    submit(order.pk, actor=orders.buyer, seen=seen)

    assert order.lines.get().monthly_price == shown
    assert order.purchases.get().monthly_price == shown


@pytest.mark.parametrize(("cap", "problem"), [("1.10", Problem.OVER_A_CAP), ("1.15", "")])
def test_price_that_becomes_known_after_the_order_was_submitted_is_held_against_the_caps(
    cap: str, problem: str, orders: Orders
) -> None:
    order = orders.preview(orders.draft(want(*make_places(1))))
    order.lines.update(monthly_price=None)  # the provider did not say
    limit(monthly_cap=Decimal(cap), assumed_monthly_price=Decimal("0.50"))
    order = orders.submit(order)
    orders.desk.clock.shift(3600)

    order = orders.carry_out(order)

    assert problems(order) == [problem]
    assert len(orders.sold) == (0 if problem else 1)
    assert order.status == OrderStatus.FINISHED
